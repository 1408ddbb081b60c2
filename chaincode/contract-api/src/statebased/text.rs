//! A policy as Fabric writes it: `AND('Org1MSP.peer', OR('Org2MSP.peer', 'Org3MSP.admin'))`.

use std::{fmt, str::FromStr};

use super::{EndorsementPolicy, POLICY_DEPTH_MAX, POLICY_PRINCIPALS_MAX, PolicyError, Role};

impl fmt::Display for Role {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::Member => "member",
            Self::Admin => "admin",
            Self::Client => "client",
            Self::Peer => "peer",
            Self::Orderer => "orderer",
        })
    }
}

impl fmt::Display for EndorsementPolicy {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (needed, rules) = match self {
            Self::Signed { msp_id, role } => return write!(formatter, "'{msp_id}.{role}'"),
            Self::OutOf { needed, rules } => (*needed, rules),
        };
        match needed {
            1 => formatter.write_str("OR(")?,
            needed if usize::try_from(needed) == Ok(rules.len()) && needed > 1 => {
                formatter.write_str("AND(")?;
            }
            needed => {
                let comma = if rules.is_empty() { "" } else { ", " };
                write!(formatter, "OutOf({needed}{comma}")?;
            }
        }
        for (index, rule) in rules.iter().enumerate() {
            let comma = if index == 0 { "" } else { ", " };
            write!(formatter, "{comma}{rule}")?;
        }
        formatter.write_str(")")
    }
}

impl FromStr for EndorsementPolicy {
    type Err = PolicyError;

    /// `AND`, `OR` and `OutOf` in any case, principals in single or double quotes.
    fn from_str(text: &str) -> Result<Self, PolicyError> {
        let mut parser = Parser {
            text,
            at: 0,
            principals: 0,
        };
        let policy = parser.rule(POLICY_DEPTH_MAX)?;
        parser.blanks();
        match parser.rest() {
            "" => Ok(policy),
            _ => Err(parser.expected("the end")),
        }
    }
}

struct Parser<'t> {
    text: &'t str,
    at: usize,
    principals: usize,
}

impl<'t> Parser<'t> {
    fn rule(&mut self, depth: usize) -> Result<EndorsementPolicy, PolicyError> {
        let depth = depth.checked_sub(1).ok_or(PolicyError::Bounds)?;
        self.blanks();
        if self.rest().starts_with(['\'', '"']) {
            return self.principal();
        }
        let gate = self.word(|c| c.is_ascii_alphabetic()).to_ascii_lowercase();
        if !["and", "or", "outof"].contains(&gate.as_str()) {
            return Err(self.expected("AND, OR, OutOf or a principal in quotes"));
        }
        self.symbol('(', "an opening bracket")?;
        let mut needed = None;
        if gate == "outof" {
            self.blanks();
            let digits = self.word(|c| c.is_ascii_digit());
            let number = digits.parse().map_err(|_| self.expected("a number"))?;
            needed = Some(number);
            self.symbol(',', "a comma")?;
        }
        let mut rules = vec![self.rule(depth)?];
        while self.symbol(',', "a comma").is_ok() {
            rules.push(self.rule(depth)?);
        }
        self.symbol(')', "a comma or a closing bracket")?;
        let policy = match (gate.as_str(), needed) {
            ("and", _) => EndorsementPolicy::and(rules),
            (_, needed) => EndorsementPolicy::out_of(needed.unwrap_or(1), rules),
        };
        match &policy {
            EndorsementPolicy::OutOf { needed, rules }
                if usize::try_from(*needed).is_ok_and(|needed| needed <= rules.len() + 1) =>
            {
                Ok(policy)
            }
            _ => Err(PolicyError::Bounds),
        }
    }

    fn principal(&mut self) -> Result<EndorsementPolicy, PolicyError> {
        self.principals += 1;
        if self.principals > POLICY_PRINCIPALS_MAX {
            return Err(PolicyError::Bounds);
        }
        let Some(quote) = self.rest().chars().next() else {
            return Err(self.expected("a principal in quotes"));
        };
        self.at += quote.len_utf8();
        let inner = self.word(|c| c.is_ascii_alphanumeric() || matches!(c, '.' | '-'));
        let (msp_id, role) = inner
            .rsplit_once('.')
            .filter(|(msp_id, _)| !msp_id.is_empty())
            .ok_or_else(|| self.expected("an organisation, a dot and a role"))?;
        let role = match role {
            "member" => Role::Member,
            "admin" => Role::Admin,
            "client" => Role::Client,
            "peer" => Role::Peer,
            "orderer" => Role::Orderer,
            _ => return Err(self.expected("member, admin, client, peer or orderer")),
        };
        if !self.rest().starts_with(quote) {
            return Err(self.expected("the closing quote"));
        }
        self.at += quote.len_utf8();
        Ok(EndorsementPolicy::signed(msp_id, role))
    }

    fn rest(&self) -> &'t str {
        self.text.get(self.at..).unwrap_or_default()
    }

    fn blanks(&mut self) {
        self.word(char::is_whitespace);
    }

    fn word(&mut self, belongs: impl Fn(char) -> bool) -> &'t str {
        let rest = self.rest();
        let end = rest.find(|c| !belongs(c)).unwrap_or(rest.len());
        self.at += end;
        rest.get(..end).unwrap_or_default()
    }

    fn symbol(&mut self, symbol: char, expected: &'static str) -> Result<(), PolicyError> {
        self.blanks();
        if !self.rest().starts_with(symbol) {
            return Err(self.expected(expected));
        }
        self.at += symbol.len_utf8();
        Ok(())
    }

    fn expected(&self, expected: &'static str) -> PolicyError {
        PolicyError::Text {
            position: self.at,
            expected,
        }
    }
}
