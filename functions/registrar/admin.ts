// Requests of the registrar's desk: outcomes of identity proofing, entitlements and revocation. ADMIN_KEY signs each of
// them, and each signed request is accepted once.
//
//   POST /v1/admin/proofings      a new account, or a known person with a new phone -> an enrolment code
//   POST /v1/admin/find           whether a person is registered; changes nothing
//   POST /v1/admin/entitlements   new entitlements of an account
//   POST /v1/admin/revoke         no credential for this account any more

import { and, eq, notExists } from "drizzle-orm";
import type { Context } from "hono";
import { PEOPLE } from "../../api/registrar/people.ts";
import { bytesToHex } from "../../protocol/bytes.ts";
import { Parameters, Signed } from "../../protocol/documents.ts";
import { type Hex, toBase64url } from "../../protocol/encodings.ts";
import { MAX_IDENTITY_BYTES } from "../../protocol/enrolment.ts";
import { epochOf } from "../../protocol/epoch.ts";
import { canonicalSelector, IdentityRecord } from "../../protocol/identity-record.ts";
import { accounts, generations } from "../../schema/registrar.ts";
import { now, type RegistrarEnv } from "../shared/env.ts";
import { type RoleApp, readBase64url } from "../shared/http.ts";
import { Problem } from "../shared/problems.ts";
import { readBody, serve } from "../shared/serve.ts";
import { codeHash, openField, sealField, selectorIndex } from "./fields.ts";
import { accountBySelector, admin, db, generationsOf, parametersRow } from "./store.ts";

type C = Context<{ Bindings: RegistrarEnv }>;

const CODE_SECONDS = 7 * 86_400;

async function checkEntitlements(c: C, entitlements: Record<string, string>): Promise<Uint8Array> {
  const row = await parametersRow(c.env, epochOf(now(c)));
  if (!row) throw new Problem("not-allowed-now", "There are no parameters for the current epoch yet.");
  const { attributes } = Parameters.decode(Signed.decode(row.document).document);
  for (const [name, value] of Object.entries(entitlements)) {
    const attribute = attributes.find((a) => a.name === name);
    if (!attribute) throw new Problem("malformed", `entitlements.${name}: no such attribute`);
    if (!attribute.values.includes(value))
      throw new Problem("malformed", `entitlements.${name}: not in its value list`);
  }
  return new TextEncoder().encode(JSON.stringify(entitlements));
}

type Account = NonNullable<Awaited<ReturnType<typeof accountBySelector>>>;

/** Whether the record has this birth date. A record may name only the year or month, or no date at all. */
function hasBirthDate(env: RegistrarEnv, { account, identity }: Account, birthDate: string): boolean {
  const { patient } = IdentityRecord.decode(openField(env, "identity", account, identity));
  try {
    const recorded: unknown = JSON.parse(new TextDecoder().decode(patient)).resource?.birthDate;
    return typeof recorded !== "string" || birthDate.startsWith(recorded);
  } catch {
    return true; // the desk registered something else than a Patient: there is no date to compare
  }
}

async function update(c: C, account: Hex, values: Partial<typeof accounts.$inferInsert>): Promise<void> {
  const { meta } = await db(c.env).update(accounts).set(values).where(eq(accounts.account, account));
  if (meta.changes === 0) throw new Problem("not-found");
}

export function registerAdmin(app: RoleApp<RegistrarEnv>): void {
  serve(app, PEOPLE.registerPerson, async (c) => {
    const p = await readBody(PEOPLE.registerPerson, (await admin.request(c)).body);
    const patient = readBase64url(p.patient, "patient");
    if (patient.length === 0 || patient.length > MAX_IDENTITY_BYTES)
      throw new Problem("malformed", `patient: 1 to ${MAX_IDENTITY_BYTES} bytes`);
    // The record names the selector under which the account is found, so that an assemble cannot answer with another one's.
    const identity = IdentityRecord.encode({ selector: canonicalSelector(p.selector), patient });
    const entitlements = await checkEntitlements(c, p.entitlements);
    const selector = selectorIndex(c.env, p.selector);
    const fresh = bytesToHex(crypto.getRandomValues(new Uint8Array(16)));
    const code = crypto.getRandomValues(new Uint8Array(32));
    const expires = now(c) + CODE_SECONDS;
    const values = (account: Hex) => ({
      entitlements: sealField(c.env, "entitlements", account, entitlements),
      codeHash: codeHash(c.env, code),
      codeExpires: expires,
    });
    // If two requests come at once, the second one finds the account of the first.
    await db(c.env)
      .insert(accounts)
      .values({
        account: fresh,
        selectorIndex: selector,
        identity: sealField(c.env, "identity", fresh, identity),
        ...values(fresh),
      })
      .onConflictDoNothing();
    const { account, revoked } = (await accountBySelector(c.env, selector))!;
    if (revoked) throw new Problem("not-allowed-now", "This registration was revoked.");
    const known = account !== fresh;
    if (known) {
      const own = eq(accounts.account, account);
      const corrected = { identity: sealField(c.env, "identity", account, identity) };
      await db(c.env).batch([
        db(c.env).update(accounts).set(values(account)).where(own),
        // The desk may correct a record until a contract commits to it.
        db(c.env)
          .update(accounts)
          .set(corrected)
          .where(and(own, notExists(db(c.env).select().from(generations).where(eq(generations.account, account))))),
      ]);
    }
    return c.json({ account, enrolmentCode: toBase64url(code), expires, known }, known ? 200 : 201);
  });

  // The administrator could learn the same with a new enrolment code, which would void the code that the person may hold.
  serve(app, PEOPLE.findPerson, async (c) => {
    const { selector, birthDate } = await readBody(PEOPLE.findPerson, (await admin.request(c)).body);
    const row = await accountBySelector(c.env, selectorIndex(c.env, selector));
    if (!row || !hasBirthDate(c.env, row, birthDate)) return c.json({ known: row !== undefined, person: null });
    const { account, revoked, codeExpires } = row;
    const isOpen = row.codeHash !== null && codeExpires !== null && codeExpires >= now(c);
    const entitlements = openField(c.env, "entitlements", account, row.entitlements);
    return c.json({
      known: true,
      person: {
        account,
        phones: (await generationsOf(c.env, account)).length,
        revoked,
        codeExpires: isOpen ? codeExpires : null,
        entitlements: JSON.parse(new TextDecoder().decode(entitlements)),
      },
    });
  });

  // The new entitlements apply to the credentials issued from now on.
  serve(app, PEOPLE.setEntitlements, async (c) => {
    const { body } = await admin.request(c);
    const { account, entitlements } = await readBody(PEOPLE.setEntitlements, body);
    const bytes = await checkEntitlements(c, entitlements);
    await update(c, account, { entitlements: sealField(c.env, "entitlements", account, bytes) });
    return c.json({ account });
  });

  // The revocation: from now on no credential is issued to this account.
  serve(app, PEOPLE.revokePerson, async (c) => {
    const { account } = await readBody(PEOPLE.revokePerson, (await admin.request(c)).body);
    await update(c, account, { revoked: true, codeHash: null });
    return c.json({ account, revoked: true });
  });
}
