// The three steps of an enrolment in one call, for people who are not there to read: the record is confirmed unseen.

import type { ConfirmOptions, Wallet, WalletGeneration } from "../client/index.ts";

/** Enrols a wallet whose owner confirms every record that the registrar shows. @throws as the wallet's methods */
export const enrolWith = async (
  wallet: Pick<Wallet, "startEnrolment" | "confirmEnrolment">,
  { account, enrolmentCode }: { account: string; enrolmentCode: string },
  options?: ConfirmOptions,
): Promise<WalletGeneration> => wallet.confirmEnrolment(await wallet.startEnrolment(account, enrolmentCode), options);
