// Typed calls of a chaincode, made from its metadata by `selvedge contract bindgen`.

import type { Contract } from '@hyperledger/fabric-gateway';

const utf8 = new TextDecoder();

/** A reply that is JSON, or nothing. */
function read<T>(reply: Uint8Array): T {
  const text = utf8.decode(reply);
  return (text === '' ? undefined : JSON.parse(text)) as T;
}

/** Who agreed to buy an asset. */
export interface Agreement {
  /** The asset. */
  "assetID": string;
  /** The buyer's client id. */
  "buyerID": string;
}

/** What all members of the channel know of an asset. */
export interface Asset {
  /** Its key. */
  "assetID": string;
  /** Its colour. */
  "color": string;
  /** What kind of thing it is. */
  "objectType": string;
  /** The client id of who has it, as Go chaincode writes it. */
  "owner": string;
  /** Its size. */
  "size": number;
}

/** A new asset: transient entry `asset_properties`. */
export interface AssetInput {
  /** What it is worth to the caller's organisation. */
  "appraisedValue": number;
  /** Its key. */
  "assetID": string;
  /** Its colour. */
  "color": string;
  /** What kind of thing it is. */
  "objectType": string;
  /** Its size. */
  "size": number;
}

/** The name of an asset in the transient data. */
export interface AssetName {
  /** The asset. */
  "assetID": string;
}

/** What an organisation knows of an asset: what it is worth to it. */
export interface PrivateDetails {
  /** Its value. */
  "appraisedValue": number;
  /** The asset. */
  "assetID": string;
}

/** A sale: transient entry `asset_owner`. */
export interface TransferInput {
  /** The asset. */
  "assetID": string;
  /** The buyer's organisation. */
  "buyerMSP": string;
}

/** Transfers of assets at prices that only buyer and seller know. */
export class Private {
  private readonly contract: Contract;

  constructor(contract: Contract) {
    this.contract = contract;
  }

  /** Makes an asset of the caller's; its value is known to the caller's organisation only. */
  async createAsset(assetProperties: AssetInput): Promise<void> {
    await this.contract.submit("private:CreateAsset", { arguments: [], transientData: { "asset_properties": JSON.stringify(assetProperties) } });
  }

  /** Agrees to buy an asset at a value, which the caller's organisation keeps to itself. */
  async agreeToTransfer(assetValue: PrivateDetails): Promise<void> {
    await this.contract.submit("private:AgreeToTransfer", { arguments: [], transientData: { "asset_value": JSON.stringify(assetValue) } });
  }

  /**
   * Gives an asset to the buyer who agreed to the owner's value. The hashes of both values are
   * compared: no peer has to know both.
   */
  async transferAsset(assetOwner: TransferInput): Promise<void> {
    await this.contract.submit("private:TransferAsset", { arguments: [], transientData: { "asset_owner": JSON.stringify(assetOwner) } });
  }

  /** Removes an asset of the caller's organisation. */
  async deleteAsset(assetDelete: AssetName): Promise<void> {
    await this.contract.submit("private:DeleteAsset", { arguments: [], transientData: { "asset_delete": JSON.stringify(assetDelete) } });
  }

  /** Removes an asset with its history from the peers that hold it, whether it is there or not. */
  async purgeAsset(assetPurge: AssetName): Promise<void> {
    await this.contract.submit("private:PurgeAsset", { arguments: [], transientData: { "asset_purge": JSON.stringify(assetPurge) } });
  }

  /** Takes an agreement back. (The samples' spelling.) */
  async deleteTranferAgreement(agreementDelete: AssetName): Promise<void> {
    await this.contract.submit("private:DeleteTranferAgreement", { arguments: [], transientData: { "agreement_delete": JSON.stringify(agreementDelete) } });
  }

  /** The asset, or nothing. */
  async readAsset(id: string): Promise<Asset | undefined> {
    return read(await this.contract.evaluate("private:ReadAsset", { arguments: [id] }));
  }

  /** What one organisation knows of an asset; other organisations' peers do not have it. */
  async readAssetPrivateDetails(collection: string, id: string): Promise<PrivateDetails | undefined> {
    return read(await this.contract.evaluate("private:ReadAssetPrivateDetails", { arguments: [collection, id] }));
  }

  /** Who agreed to buy an asset. */
  async readTransferAgreement(id: string): Promise<Agreement | undefined> {
    return read(await this.contract.evaluate("private:ReadTransferAgreement", { arguments: [id] }));
  }

  /** The assets from one id to another, the second not among them. */
  async getAssetByRange(start: string, end: string): Promise<Asset[]> {
    return read(await this.contract.evaluate("private:GetAssetByRange", { arguments: [start, end] }));
  }
}
