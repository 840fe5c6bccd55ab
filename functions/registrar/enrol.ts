// Enrolment of a phone, and the monthly refresh of its credential. Every refusal looks the same from outside.
//
//   POST /v1/enrol/start     {account, enrolmentCode} -> {nonce, identity, salt, contracts}; contracts: oldest first
//   POST /v1/enrol/decline   {account, enrolmentCode} -> {declined}: the record is not this person's, the code is void
//   POST /v1/enrol           the contract, signed by the phone's device key -> {generations}
//   POST /v1/refresh/nonce   {account} -> {nonce, registrations}; registrations: Signed<Registrations>
//   POST /v1/refresh         RefreshRequest -> IssuedCredential of the current epoch or the next

import { and, eq, sql } from "drizzle-orm";
import { OCTETS_TYPE } from "../../api/contract.ts";
import { ENROLMENT } from "../../api/registrar/enrolment.ts";
import { bytesToHex, concatBytes, equalBytes, hexToBytes } from "../../protocol/bytes.ts";
import { identityRecordHash, MAX_GENERATIONS, Registrations, verifyChain } from "../../protocol/contract-chain.ts";
import { decodeIssuerParams, type IssuerParams, issue } from "../../protocol/credential.ts";
import {
  Contract,
  contractHashOf,
  IssuedCredential,
  identityCommitmentOf,
  Parameters,
  paramsHashOf,
  RefreshRequest,
  Signed,
  signDocument,
} from "../../protocol/documents.ts";
import { type Hex, toBase64url } from "../../protocol/encodings.ts";
import { verifyContract, verifyRefresh } from "../../protocol/enrolment.ts";
import { epochOf } from "../../protocol/epoch.ts";
import { LABELS } from "../../protocol/labels.ts";
import { decodeG1, decodeG2 } from "../../protocol/suite.ts";
import { accounts, generations, issued, nonces } from "../../schema/registrar.ts";
import { now, type RegistrarEnv } from "../shared/env.ts";
import { type RoleApp, readBase64url } from "../shared/http.ts";
import { Problem, refused } from "../shared/problems.ts";
import { rng } from "../shared/rng.ts";
import { readBody, serve } from "../shared/serve.ts";
import { codeHash, identitySalt, openField, sealField } from "./fields.ts";
import { issuerKeys } from "./issuer.ts";
import { accountOf, db, generationsOf, newNonce, nonceIsOpen, parametersRow, signedByParty } from "./store.ts";

const octets = { "content-type": OCTETS_TYPE };

/** Each isolate decodes a document once: window tables of the keys are expensive, and there are few documents. */
const decoded = new Map<string, IssuerParams>();

/** The parameters of an epoch, as the registrar itself signed them. @throws Problem not-allowed-now */
async function parametersOf(env: RegistrarEnv, epoch: number) {
  const row = await parametersRow(env, epoch);
  if (!row) throw new Problem("not-allowed-now", "There are no parameters for this epoch.");
  const document = Parameters.decode(Signed.decode(row.document).document);
  const hash = paramsHashOf(document);
  const issuer = decoded.get(bytesToHex(hash)) ?? decodeIssuerParams(document);
  decoded.set(bytesToHex(hash), issuer);
  return { document, hash, issuer };
}

/** The account, if the one-time code is right and has not expired. @throws Problem credential-refused */
async function accountWithCode(env: RegistrarEnv, account: Hex, code: string, at: number) {
  const hash = codeHash(env, readBase64url(code, "enrolmentCode"));
  const row = await accountOf(env, account);
  if (row.revoked || row.codeHash !== hash || (row.codeExpires ?? 0) < at) throw refused("enrolment code");
  return row;
}

type Phones = Awaited<ReturnType<typeof generationsOf>>;
const enrolled = (rows: Phones) => ({
  generations: rows.map((g) => ({ generation: g.generation, epochFrom: g.epochFrom })),
});

/** The contracts of these phones, oldest first. */
const chainOf = (phones: Phones): Uint8Array[] => phones.map((g) => Uint8Array.from(g.contract)).reverse();

/** Signed<Registrations>: the list by which a patient sees every contract over their identity. */
function registrationsOf(env: RegistrarEnv, row: Awaited<ReturnType<typeof accountOf>>, phones: Phones, at: number) {
  const record = identityRecordHash(openField(env, "identity", row.account, row.identity));
  const contracts = chainOf(phones).map(contractHashOf);
  return signDocument(LABELS.signRegistrations, Registrations, { record, at, contracts }, hexToBytes(env.SIGNING_KEY));
}

/** The account, if its newest phone signed this request and it is not revoked. @throws Problem credential-refused */
async function accountOfDevice(env: RegistrarEnv, account: Hex, key: Hex) {
  const row = await accountOf(env, account);
  const phones = await generationsOf(env, account);
  if (row.revoked || phones[0]?.deviceKey !== key) throw refused("revoked, or not this account's phone");
  return { row, phones };
}

export function registerEnrolment(app: RoleApp<RegistrarEnv>): void {
  // The person reads their record in this answer. If it is theirs, the wallet commits to it.
  serve(app, ENROLMENT.startEnrolment, async (c) => {
    const { account, enrolmentCode } = await readBody(ENROLMENT.startEnrolment, c.req);
    const row = await accountWithCode(c.env, account, enrolmentCode, now(c));
    const contracts = chainOf(await generationsOf(c.env, account));
    const generation = contracts.length;
    if (generation >= MAX_GENERATIONS)
      throw new Problem("not-allowed-now", `A person can enrol at most ${MAX_GENERATIONS} phones.`);
    const nonce = await newNonce(c.env, account, "enrol", now(c));
    return c.json({
      nonce: toBase64url(nonce),
      identity: toBase64url(openField(c.env, "identity", account, row.identity)),
      salt: toBase64url(identitySalt(c.env, account, generation)),
      contracts: contracts.map(toBase64url),
    });
  });

  serve(app, ENROLMENT.declineEnrolment, async (c) => {
    const { account, enrolmentCode } = await readBody(ENROLMENT.declineEnrolment, c.req);
    const { codeHash } = await accountWithCode(c.env, account, enrolmentCode, now(c));
    const standing = and(eq(accounts.account, account), eq(accounts.codeHash, codeHash!));
    await db(c.env).update(accounts).set({ codeHash: null, codeExpires: null }).where(standing);
    return c.json({ declined: true });
  });

  // Records the contract. It serves from the current epoch on, so a lost phone costs its owner no month. From this moment
  // the old phone's device key cannot fetch anything. In the epochs whose credential the old phone has already fetched, both
  // phones have J visits.
  serve(app, ENROLMENT.enrol, async (c) => {
    const { key, body } = await signedByParty(c);
    const r = await readBody(ENROLMENT.enrol, body);
    if (key !== r.deviceKey) throw refused("device key does not sign");
    const bytes = readBase64url(r.contract, "contract");
    const contract = Contract.decode(bytes);
    const known = await generationsOf(c.env, r.account);
    const repeated = known.find((g) => g.deviceKey === key && equalBytes(g.contract, bytes));
    if (repeated) return c.json(enrolled(known));

    const at = now(c);
    const row = await accountWithCode(c.env, r.account, r.enrolmentCode, at);
    const generation = known.length;
    const chain = verifyChain([...chainOf(known), bytes]);
    if (!chain.ok) throw refused(`chain: ${chain.reason} at ${chain.generation}`);
    const epoch = epochOf(at);
    const parameters = await parametersOf(c.env, epoch);
    const identity = openField(c.env, "identity", r.account, row.identity);
    const commitment = identityCommitmentOf(identitySalt(c.env, r.account, generation), identity);
    if (!equalBytes(contract.identityCommitment, commitment)) throw refused("commits to another identity");
    if (!equalBytes(contract.paramsHash, parameters.hash)) throw refused("foreign parameters");
    if (!(await nonceIsOpen(c.env, contract.nonce, r.account, "enrol", at))) throw refused("nonce");
    const checked = verifyContract(parameters.issuer, contract);
    if (!checked.ok) throw refused(`contract: ${checked.reason}`);

    const database = db(c.env);
    const standing = and(eq(accounts.account, r.account), eq(accounts.codeHash, row.codeHash!));
    try {
      await database.batch([
        // Only while the code stands: with a newer code, the desk may have corrected the record.
        database.insert(generations).select(
          database
            .select({
              account: accounts.account,
              generation: sql<number>`${generation}`.as("generation"),
              contract: sql<Uint8Array>`${sql.param(bytes, generations.contract)}`.as("contract"),
              handle: sql<Hex>`${bytesToHex(contract.R)}`.as("handle"),
              handleG2: sql<Hex>`${bytesToHex(contract.V)}`.as("handle_g2"),
              deviceKey: sql<Hex>`${key}`.as("device_key"),
              epochFrom: sql<number>`${epoch}`.as("epoch_from"),
            })
            .from(accounts)
            .where(standing),
        ),
        database.delete(nonces).where(eq(nonces.nonce, bytesToHex(contract.nonce))),
        database.update(accounts).set({ codeHash: null, codeExpires: null }).where(standing),
      ]);
    } catch (cause) {
      // R and V are unique over all people. If two enrolments come at once, one is recorded.
      if (String((cause as Error).cause ?? cause).includes("UNIQUE")) throw refused("handle is taken");
      throw cause;
    }
    const stored = await generationsOf(c.env, r.account);
    if (!stored.some((g) => equalBytes(g.contract, bytes))) throw refused("enrolment code was replaced");
    return c.json(enrolled(stored), 201);
  });

  serve(app, ENROLMENT.newRefreshNonce, async (c) => {
    const { key, body } = await signedByParty(c);
    const { account } = await readBody(ENROLMENT.newRefreshNonce, body);
    const { row, phones } = await accountOfDevice(c.env, account, key);
    const registrations = toBase64url(registrationsOf(c.env, row, phones, now(c)));
    return c.json({ nonce: toBase64url(await newNonce(c.env, account, "refresh", now(c))), registrations });
  });

  // One credential per phone and epoch, for the current epoch or the next. To refuse it is the revocation.
  serve(app, ENROLMENT.refresh, async (c) => {
    const { key, body } = await signedByParty(c);
    const request = RefreshRequest.decode(body);
    const account = bytesToHex(request.account);
    const at = now(c);
    const { row, phones } = await accountOfDevice(c.env, account, key);
    if (bytesToHex(request.deviceKey) !== key) throw refused("device key does not sign");
    const { epoch } = request;
    if (epoch < epochOf(at) || epoch > epochOf(at) + 1) throw refused("epoch not open");
    const { generation, contract: phonesContract } = phones[0]!;

    // A request asks for Cm under this generation. The same request again gets the same answer, even with another nonce.
    const requestHash = bytesToHex(contractHashOf(concatBytes(request.Cm, Uint8Array.from(phonesContract))));
    const database = db(c.env);
    const same = and(eq(issued.account, account), eq(issued.generation, generation), eq(issued.epoch, epoch));
    const before = await database.select().from(issued).where(same).get();
    if (before && before.requestHash !== requestHash) throw refused("already issued");

    const parameters = await parametersOf(c.env, epoch);
    if (!(await nonceIsOpen(c.env, request.nonce, account, "refresh", at))) throw refused("nonce");
    const contract = Contract.decode(Uint8Array.from(phonesContract));
    const checked = verifyRefresh(
      {
        nonce: request.nonce,
        epoch,
        deviceKey: request.deviceKey,
        paramsHash: parameters.hash,
        R: decodeG1(contract.R),
        V: decodeG2(contract.V),
      },
      request,
    );
    if (!checked.ok) throw refused(`refresh: ${checked.reason}`);
    const answer = (row: typeof issued.$inferSelect) =>
      c.body(openField(c.env, "credential", account, row.credential) as Uint8Array<ArrayBuffer>, 200, octets);
    if (before) return answer(before);

    const entitlements = JSON.parse(
      new TextDecoder().decode(openField(c.env, "entitlements", account, row.entitlements)),
    ) as Record<string, string>;
    const credential = IssuedCredential.encode(
      issue({
        params: parameters.issuer,
        issuerSecret: issuerKeys(c.env).secretKey,
        Cm: checked.Cm,
        epoch,
        // If a newer value list no longer has an entitlement, the registrar does not sign it.
        attributeValues: parameters.document.attributes.map(({ name, values }) =>
          values.includes(entitlements[name] ?? "") ? entitlements[name]! : "",
        ),
        paramsHash: parameters.hash,
        rng,
      }),
    );
    const sealed = sealField(c.env, "credential", account, credential);
    const [, kept] = await database.batch([
      database
        .insert(issued)
        .values({ account, generation, epoch, requestHash, credential: sealed })
        .onConflictDoNothing(),
      database.select().from(issued).where(same),
      database.delete(nonces).where(eq(nonces.nonce, bytesToHex(request.nonce))),
    ]);
    // If two requests come at once, the commitment of the first one holds.
    if (kept[0]?.requestHash !== requestHash) throw refused("already issued");
    return answer(kept[0]);
  });
}
