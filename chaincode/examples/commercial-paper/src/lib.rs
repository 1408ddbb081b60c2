//! Commercial papers: issued by a company, bought and sold, redeemed at their maturity.
//!
//! The contract's name, the functions, their arguments and the papers' JSON are those of Fabric's
//! tutorial. A paper is typed state with an index by its owner.

mod paper;

use fabric_contract_api_rust::prelude::*;

pub use paper::{Change, Paper, PaperError, PaperState};

/// The contract.
pub struct CommercialPaper;

/// Papers that are issued, bought and redeemed.
#[contract(name = "org.papernet.commercialpaper", license = "Apache-2.0")]
impl CommercialPaper {
    /// Issues a paper, which its issuer owns.
    #[transaction]
    fn issue(
        &self,
        tx: &mut Tx,
        issuer: String,
        paper_number: String,
        issue_date_time: String,
        maturity_date_time: String,
        face_value: u64,
    ) -> Result<Paper, PaperError> {
        let paper = Paper {
            owner: issuer.clone(),
            issuer,
            paper_number,
            issue_date_time,
            maturity_date_time,
            face_value,
            mspid: tx.caller()?.msp_id().to_owned(),
            current_state: PaperState::Issued,
        };
        tx.create(&paper)?;
        tx.emit(&paper::Issued::of(&paper))?;
        Ok(paper)
    }

    /// Sells a paper to a new owner at once. Only the organisation of its owner may do so.
    #[transaction]
    #[expect(clippy::too_many_arguments, reason = "these are the tutorial's")]
    fn buy(
        &self,
        tx: &mut Tx,
        issuer: String,
        paper_number: String,
        current_owner: String,
        new_owner: String,
        price: u64,
        purchase_date_time: String,
    ) -> Result<Paper, PaperError> {
        let mut paper = read(tx, issuer, paper_number)?;
        paper.check_owner(&current_owner)?;
        paper.check_organization(tx)?;
        paper.check_tradable()?;
        paper.current_state = PaperState::Trading;
        let seller = std::mem::replace(&mut paper.owner, new_owner);
        tx.save(&paper)?;
        tx.emit(&paper::Bought::of(
            &paper,
            seller,
            price,
            purchase_date_time,
        ))?;
        Ok(paper)
    }

    /// Asks to buy a paper; its owner's organisation then transfers it.
    #[transaction]
    #[expect(clippy::too_many_arguments, reason = "these are the tutorial's")]
    fn buy_request(
        &self,
        tx: &mut Tx,
        issuer: String,
        paper_number: String,
        current_owner: String,
        _new_owner: String,
        _price: u64,
        _purchase_date_time: String,
    ) -> Result<Paper, PaperError> {
        let mut paper = read(tx, issuer, paper_number)?;
        paper.check_owner(&current_owner)?;
        paper.check_tradable()?;
        paper.current_state = PaperState::Pending;
        tx.save(&paper)?;
        Ok(paper)
    }

    /// Hands over a paper that somebody asked to buy.
    #[transaction]
    fn transfer(
        &self,
        tx: &mut Tx,
        issuer: String,
        paper_number: String,
        new_owner: String,
        new_owner_msp: String,
        confirm_date_time: String,
    ) -> Result<Paper, PaperError> {
        let mut paper = read(tx, issuer, paper_number)?;
        paper.check_organization(tx)?;
        if paper.current_state != PaperState::Pending {
            return Err(paper.not_in_state());
        }
        paper.current_state = PaperState::Trading;
        let seller = std::mem::replace(&mut paper.owner, new_owner);
        paper.mspid = new_owner_msp;
        tx.save(&paper)?;
        tx.emit(&paper::Bought::of(&paper, seller, 0, confirm_date_time))?;
        Ok(paper)
    }

    /// Pays a paper back: it returns to its issuer and is done.
    #[transaction]
    fn redeem(
        &self,
        tx: &mut Tx,
        issuer: String,
        paper_number: String,
        redeeming_owner: String,
        issuing_owner_msp: String,
        redeem_date_time: String,
    ) -> Result<Paper, PaperError> {
        let mut paper = read(tx, issuer, paper_number)?;
        paper.check_owner(&redeeming_owner)?;
        paper.check_organization(tx)?;
        if paper.current_state == PaperState::Redeemed {
            return Err(paper.not_in_state());
        }
        paper.current_state = PaperState::Redeemed;
        paper.owner.clone_from(&paper.issuer);
        paper.mspid = issuing_owner_msp;
        tx.save(&paper)?;
        tx.emit(&paper::Redeemed::of(&paper, redeem_date_time))?;
        Ok(paper)
    }

    /// One paper.
    #[query]
    fn read(
        &self,
        query: &Query,
        issuer: String,
        paper_number: String,
    ) -> Result<Paper, PaperError> {
        read(query, issuer, paper_number)
    }

    /// One page of an owner's papers.
    #[query(name = "queryOwner")]
    fn query_owner(
        &self,
        query: &Query,
        owner: String,
        page: Page,
    ) -> Result<Paged<Paper>, PaperError> {
        Ok(query.select_page(&Paper::by_owner(&owner), &page)?)
    }

    /// What became of a paper, newest first.
    #[query(name = "queryHistory")]
    fn query_history(
        &self,
        query: &Query,
        issuer: String,
        paper_number: String,
    ) -> Result<Vec<paper::Change>, PaperError> {
        let changes = query.history(&Paper::key(&issuer, &paper_number))?;
        changes.map(|change| paper::Change::of(change?)).collect()
    }
}

fn read(reader: &Reader, issuer: String, number: String) -> Result<Paper, PaperError> {
    let found = reader.get(&Paper::key(&issuer, &number))?;
    found.ok_or(PaperError::NotFound { issuer, number })
}
