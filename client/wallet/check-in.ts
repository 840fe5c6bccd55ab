// Check-in: the wallet answers a service's signed challenge with a presentation under a fresh slot.
//
//   1 read the challenge: signature, self-certifying service id, freshness, parameters      → what would be shown
//   2 pick a random unused slot, make the presentation, write both down        one check-in after the other
//   3 send; only the very same bytes may be sent again                                     → receipt, channel
//
// A slot is spent once it is written down, answered or not.

import { bytesToHex, equalBytes, hexToBytes } from "../../protocol/bytes.ts";
import { receive } from "../../protocol/credential.ts";
import {
  Challenge,
  CheckIn,
  channelContext,
  checkInContext,
  IssuedCredential,
  openSigned,
  presentationHashOf,
  Receipt,
  ServiceCard,
  serviceIdOf,
} from "../../protocol/documents.ts";
import { epochName, epochOf } from "../../protocol/epoch.ts";
import { LABELS } from "../../protocol/labels.ts";
import { Presentation, present, tagHashOf, tagOf } from "../../protocol/presentation.ts";
import { encodeG2 } from "../../protocol/suite.ts";
import { tidOf } from "../../protocol/tid.ts";
import { openWalletChannel } from "../sealing/messages.ts";
import { ApiError, apiBytes } from "../transport.ts";
import type { WalletContext } from "./context.ts";
import { credentialBlinding, holderSecrets, sessionKeys } from "./keys.ts";
import type { WalletCredential, WalletSession, WalletState } from "./state.ts";

export class CheckInError extends Error {
  override name = "CheckInError";
  readonly reason:
    | "wrong-service"
    | "stale-challenge"
    | "foreign-parameters"
    | "no-credential"
    | "not-entitled"
    | "no-slot-left"
    | "refused"
    | "bad-receipt";
  constructor(reason: CheckInError["reason"], detail: string) {
    super(detail);
    this.reason = reason;
  }
}

/** Service card and challenge as a clinic shows them, in a QR code or over the air: both signed. */
export interface Invitation {
  card: Uint8Array;
  challenge: Uint8Array;
}

/** What a person sees before they agree. */
export interface CheckInOffer {
  invitation: Invitation;
  service: ServiceCard;
  serviceId: Uint8Array;
  challenge: Challenge;
  epoch: number;
  credential: WalletCredential;
  /** attribute values the service would learn */
  shows: { attribute: string; value: string }[];
  /** the credential's month is older than the visit's, and will be visible */
  stale: boolean;
  slotsLeft: number;
  warnings: string[];
}

export async function readInvitation(w: WalletContext, invitation: Invitation): Promise<CheckInOffer> {
  const card = openSigned(LABELS.signServiceCard, ServiceCard, invitation.card);
  const { key, value: challenge } = openSigned(LABELS.signChallenge, Challenge, invitation.challenge);
  const serviceId = serviceIdOf(card.value.signKey);
  if (
    !equalBytes(card.key, card.value.signKey) ||
    !equalBytes(key, card.key) ||
    !equalBytes(challenge.serviceId, serviceId)
  )
    throw new CheckInError("wrong-service", "this invitation was not made by the clinic it names");
  const epoch = epochOf(challenge.issuedAt);
  const parameters = w.parameters.known(epoch);
  const now = w.transport.now();
  if (Math.abs(now - challenge.issuedAt) > parameters.document.challengeWindowSeconds || now > challenge.expiresAt)
    throw new CheckInError("stale-challenge", "this invitation is too old, or this phone's clock is wrong");
  if (!equalBytes(challenge.paramsHash, parameters.hash))
    throw new CheckInError("foreign-parameters", "the clinic uses parameters that this app does not know");
  const credential = w.state.credentials
    .filter((c) => c.epoch <= epoch && epoch - c.epoch <= challenge.maxStaleEpochs)
    .filter((c) => c.generation === w.generationOf(epoch)?.generation)
    .sort((a, b) => b.epoch - a.epoch)[0];
  if (!credential)
    throw new CheckInError(
      "no-credential",
      `no credential for ${epochName(epoch)}: connect to renew it, then try again`,
    );
  const { attributes } = w.parameters.known(credential.epoch).document;
  const shows = challenge.required.map(({ attribute, accepted }) => {
    const value = credential.values[attributes.findIndex((a) => a.name === attribute)] ?? "";
    if (!accepted.includes(value))
      throw new CheckInError("not-entitled", `the clinic asks for ${attribute}: ${accepted.join(" or ")}`);
    return { attribute, value };
  });
  const used = slotsTaken(w.state, { epoch, generation: credential.generation }).size;
  const warnings: string[] = [];
  if (credential.epoch < epoch)
    warnings.push(
      `Your pass is from ${epochName(credential.epoch)}: the clinic will see that it is older than others.`,
    );
  if (shows.length > 0) warnings.push("Everything you show narrows the crowd you stand in.");
  return {
    invitation,
    service: card.value,
    serviceId,
    challenge,
    epoch,
    credential,
    shows,
    stale: credential.epoch < epoch,
    slotsLeft: parameters.document.slots - used,
    warnings,
  };
}

/** Makes the presentation and writes it down before it may be sent. One after the other: each sees the slots before it. */
function prepare(w: WalletContext, offer: CheckInOffer): Promise<WalletSession> {
  return w.turns.take("check-in", async () => {
    for (;;) {
      const session = await makeSession(w, offer);
      let kept = false;
      await w.update((st) => {
        // a recovery at the same time may have found this slot used
        kept = !slotsTaken(st, session).has(session.slot);
        if (kept) st.sessions.push(session);
      });
      if (kept) return session;
    }
  });
}

function slotsTaken(
  { sessions }: Readonly<WalletState>,
  { epoch, generation }: Pick<WalletSession, "epoch" | "generation">,
): Set<number> {
  return new Set(sessions.filter((s) => s.epoch === epoch && s.generation === generation).map((s) => s.slot));
}

/** A session under a slot that is free now, not written down yet. */
async function makeSession(w: WalletContext, offer: CheckInOffer): Promise<WalletSession> {
  const { epoch, credential, service, challenge } = offer;
  const { rng } = w.transport;
  const tagParameters = w.parameters.known(epoch);
  const credentialParameters = w.parameters.known(credential.epoch);
  const generation = credential.generation;
  const taken = slotsTaken(w.state, { epoch, generation });
  const free = Array.from({ length: tagParameters.document.slots }, (_, j) => j).filter((j) => !taken.has(j));
  if (free.length === 0) throw new CheckInError("no-slot-left", `all visits of ${epochName(epoch)} are used up`);
  const slot = free[uniform(free.length, rng)]!;
  const secrets = holderSecrets(w.root, generation);
  const keys = await sessionKeys(w.root, generation, epoch, slot);
  const tagHash = tagHashOf(encodeG2(tagOf(secrets.z, tagParameters.hash, epoch, slot)));
  const before = {
    challenge: offer.invitation.challenge,
    sessionAuthKey: keys.authPublicKey,
    sessionRecipient: keys.ageRecipient,
  };
  const { enc, channel } = await openWalletChannel({
    servicePublicKey: service.hpkeKey,
    context: channelContext(before),
    tagHash,
  });
  const s = credentialBlinding(w.root, generation, credential.epoch);
  const issued = IssuedCredential.decode(hexToBytes(credential.issued));
  const presentation = present(
    {
      params: tagParameters.issuer,
      credentialParams: credentialParameters.issuer,
      credential: receive({
        params: credentialParameters.issuer,
        paramsHash: credentialParameters.hash,
        epoch: credential.epoch,
        secrets,
        s,
        issued,
      }),
      secrets,
      tagEpoch: epoch,
      slot,
      tagParamsHash: tagParameters.hash,
      credentialParamsHash: credentialParameters.hash,
      shown: challenge.required.map((r) => r.attribute),
      context: checkInContext({ ...before, hpkeEnc: enc }),
    },
    rng,
  );
  const checkIn = CheckIn.encode({ ...before, presentation: Presentation.encode(presentation), hpkeEnc: enc });
  return {
    generation,
    epoch,
    slot,
    serviceId: bytesToHex(offer.serviceId),
    serviceName: service.name,
    tagHash: bytesToHex(tagHash),
    state: "prepared",
    checkIn: bytesToHex(checkIn),
    idempotencyKey: bytesToHex(rng(16)),
    channel: bytesToHex(channel.serialise()),
    shown: offer.shows.map((x) => `${x.attribute}: ${x.value}`),
  };
}

/** Sends a prepared check-in; the same bytes again after a lost answer give the same receipt. */
export async function sendCheckIn(w: WalletContext, session: WalletSession): Promise<Receipt> {
  const checkIn = hexToBytes(session.checkIn!);
  let answer: Uint8Array;
  try {
    answer = await apiBytes(w.transport, w.deployment.serviceUrl, "/v1/sessions", {
      bytes: checkIn,
      headers: { "idempotency-key": session.idempotencyKey! },
    });
  } catch (error) {
    if (!(error instanceof ApiError) || error.status < 400 || error.status >= 500) throw error;
    await w.update((st) => {
      st.sessions.find((s) => s.tagHash === session.tagHash)!.state = "refused";
    });
    throw new CheckInError("refused", `the check-in was not accepted (${error.code})`);
  }
  const { value: receipt } = openSigned(LABELS.signReceipt, Receipt, answer);
  if (
    !equalBytes(receipt.tagHash, hexToBytes(session.tagHash)) ||
    !equalBytes(receipt.presentationHash, presentationHashOf(checkIn)) ||
    !equalBytes(receipt.serviceId, hexToBytes(session.serviceId))
  )
    throw new CheckInError("bad-receipt", "the receipt speaks of another check-in");
  await w.update((st) => {
    const s = st.sessions.find((x) => x.tagHash === session.tagHash)!;
    s.state = "open";
    s.openedAt = receipt.openedAt;
  });
  return receipt;
}

export interface OpenSession {
  tid: string;
  tagHash: string;
  receipt: Receipt;
}

export async function checkIn(w: WalletContext, offer: CheckInOffer): Promise<OpenSession> {
  const session = await prepare(w, offer);
  const receipt = await sendCheckIn(w, session);
  return { tid: tidOf(receipt.tagHash), tagHash: session.tagHash, receipt };
}

/** Uniform in [0, n), n <= 256, by rejection. */
function uniform(n: number, rng: (bytes: number) => Uint8Array): number {
  const limit = 256 - (256 % n);
  for (;;) {
    const x = rng(1)[0]!;
    if (x < limit) return x % n;
  }
}
