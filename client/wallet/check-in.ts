// Check-in: the wallet answers a service's signed challenge with a presentation under a fresh slot.
//
//   1 read the challenge: signature, self-certifying service id, policy, freshness, parameters   → what would be shown
//   2 pick a random unused slot, make the presentation (prepareCheckIn may have done so while the person reads),
//     store both, then the device mark                                         one check-in after the other
//   3 send (sending.ts); only the very same bytes may be sent again                        → receipt, channel
//
// A slot is spent once it is stored, whether the service answers or not. Elsewhere it is never shown again: two services
// would see one tag. At the same service a slot whose check-in was refused, or not answered, is shown again with a new
// presentation: within a day, or if no other slot is left. So many refusals of one clinic cost one slot. If the slot
// turns out spent, an earlier attempt has opened its session; the wallet recalls that one and takes another slot.
//
// Without network the wallet gives the check-in to the clinic itself, which hands it in later. Then the clinic has it, so its
// slot is never shown again. The wallet finds out by a recall whether the session was opened.

import { bytesToHex, equalBytes, hexToBytes } from "../../protocol/bytes.ts";
import { type ChallengeFault, challengeFault } from "../../protocol/challenge-time.ts";
import { asksAsItsCard } from "../../protocol/check-in.ts";
import { receive } from "../../protocol/credential.ts";
import {
  Challenge,
  CheckIn,
  cardHashOf,
  channelContext,
  checkInContext,
  IssuedCredential,
  openSigned,
  type Receipt,
  ServiceCard,
  serviceIdOf,
} from "../../protocol/documents.ts";
import type { Hex } from "../../protocol/encodings.ts";
import { epochName, epochOf } from "../../protocol/epoch.ts";
import { proveIndexRow } from "../../protocol/index-row.ts";
import { LABELS } from "../../protocol/labels.ts";
import { Presentation, present, tagHashOf, tagOf } from "../../protocol/presentation.ts";
import { encodeG2 } from "../../protocol/suite.ts";
import { tidOf } from "../../protocol/tid.ts";
import { textOfCause, translate } from "../errors.ts";
import { openWalletChannel } from "../sealing/messages.ts";
import { standingOf } from "./card-standing.ts";
import { claimFor } from "./claims.ts";
import type { WalletContext } from "./context.ts";
import { assertNotBarred, updateUsing } from "./device-mark.ts";
import { credentialBlinding, holderSecrets, sessionKeys } from "./keys.ts";
import { attemptsOf, CheckInError, isUnsettled, sendCheckIn, settle } from "./sending.ts";
import type { WalletCredential, WalletSession, WalletState } from "./state.ts";

/** At the same service, an unsettled slot is shown again only within a day, so that later visits are not joined by it. */
const SHOWN_AGAIN_SECONDS = 86_400;

/** Service card and challenge as a clinic shows them, in a QR code or over the air. */
export interface Invitation {
  /** Signed<ServiceCard> */
  card: Uint8Array;
  /** Signed<Challenge> */
  challenge: Uint8Array;
}

/** A check-in as a person should see it before they agree. */
export interface CheckInOffer {
  invitation: Invitation;
  service: ServiceCard;
  /** 16 bytes */
  serviceId: Uint8Array;
  challenge: Challenge;
  epoch: number;
  credential: WalletCredential;
  /** attribute values that the service would learn */
  shows: { attribute: string; value: string }[];
  /** the credential's month is older than the visit's, and the service will see that */
  stale: boolean;
  /** visits left this month, this one included */
  slotsLeft: number;
  /** whether this phone has seen this card in the public log, and no newer one */
  inLog: boolean;
  /** sentences for the person */
  warnings: string[];
}

/**
 * Reads an invitation and works out what the service would see. Sends nothing.
 * @throws CheckInError, ParametersError, CopiedStoreError
 */
export async function readInvitation(w: WalletContext, invitation: Invitation): Promise<CheckInOffer> {
  const { card, key, challenge } = translate(
    () => {
      const { key, value } = openSigned(LABELS.signChallenge, Challenge, invitation.challenge);
      return { card: openSigned(LABELS.signServiceCard, ServiceCard, invitation.card), key, challenge: value };
    },
    (cause) => new CheckInError("bad-invitation", textOfCause(cause), { cause }),
  );
  const serviceId = serviceIdOf(card.value.signKey);
  if (
    !equalBytes(card.key, card.value.signKey) ||
    !equalBytes(key, card.key) ||
    !equalBytes(challenge.serviceId, serviceId)
  )
    throw new CheckInError("wrong-service");
  const now = w.transport.now();
  if (
    !equalBytes(challenge.cardHash, cardHashOf(invitation.card)) ||
    now < card.value.notBefore ||
    now > card.value.notAfter
  )
    throw new CheckInError("old-card");
  if (!asksAsItsCard(challenge, card.value)) throw new CheckInError("other-policy");
  const standing = standingOf(w, invitation.card, card.value);
  if (standing === "older") throw new CheckInError("old-card", "the log has a newer one");
  const epoch = epochOf(challenge.issuedAt);
  const parameters = w.parameters.known(epoch);
  const fault = challengeFault(challenge, parameters.document, now);
  if (fault) throw new CheckInError("stale-challenge", notFresh(fault));
  if (!equalBytes(challenge.paramsHash, parameters.hash)) throw new CheckInError("foreign-parameters");
  const phone = w.generationOf(epoch);
  if (phone) assertNotBarred(w.state, phone);
  const credential = w.state.credentials
    .filter((c) => c.epoch <= epoch && epoch - c.epoch <= challenge.maxStaleEpochs)
    .filter((c) => c.generation === phone?.generation)
    .sort((a, b) => b.epoch - a.epoch)[0];
  if (!phone || !credential) throw new CheckInError("no-credential", epochName(epoch));
  const { attributes } = w.parameters.known(credential.epoch).document;
  const shows = challenge.required.map(({ attribute, accepted }) => {
    const value = credential.values[attributes.findIndex((a) => a.name === attribute)];
    if (value === undefined || !accepted.includes(value))
      throw new CheckInError("not-entitled", `${attribute} ${accepted.join(" or ")}`);
    return { attribute, value };
  });
  const place = { epoch, ...phone };
  const free = freeSlots(w, place).length;
  const again = free === 0 && toShowAgain(w, bytesToHex(serviceId), place, true) !== undefined;
  const warnings: string[] = [];
  if (credential.epoch < epoch)
    warnings.push(
      `Your pass is from ${epochName(credential.epoch)}. The clinic will see that it is older than others.`,
    );
  if (standing === "unknown")
    warnings.push("This phone has not yet seen in the public log that this clinic is registered.");
  if (shows.length > 0) warnings.push("Everything you show makes the group of people you could be smaller.");
  return {
    invitation,
    service: card.value,
    serviceId,
    challenge,
    epoch,
    credential,
    shows,
    stale: credential.epoch < epoch,
    slotsLeft: again ? 1 : free,
    inLog: standing === "newest",
    warnings,
  };
}

/** The reason why this phone's clock does not find the challenge fresh. */
function notFresh({ reason, seconds, allowed }: ChallengeFault): string {
  if (reason === "ahead")
    return `it is dated ${seconds} seconds ahead of this phone's clock; at most ${allowed} are allowed`;
  if (reason === "old") return `it is ${seconds} seconds old by this phone's clock; at most ${allowed} are allowed`;
  return `it expired ${seconds} seconds ago by this phone's clock`;
}

/** Sessions that were made while the person reads; nothing of them is stored or sent. Each is used once. */
const ahead = new WeakMap<CheckInOffer, Promise<WalletSession>>();

/**
 * Makes the check-in of an offer while the person reads what it shows, so that `checkIn` or `handOver` with this offer only
 * stores and sends it. It stays in memory: if the person does not agree, no slot is spent.
 * @throws CheckInError no-slot-left; ChannelSetupError, CopiedStoreError
 */
export async function prepareCheckIn(w: WalletContext, offer: CheckInOffer): Promise<void> {
  const made = makeSession(w, offer);
  ahead.set(offer, made);
  try {
    await made;
  } catch (error) {
    if (ahead.get(offer) === made) ahead.delete(offer); // the check-in tries anew, and says what is wrong
    throw error;
  }
}

async function takeSession(w: WalletContext, offer: CheckInOffer): Promise<WalletSession> {
  const made = await ahead.get(offer)?.catch(() => undefined);
  ahead.delete(offer);
  return made === undefined ? makeSession(w, offer) : { ...made, preparedAt: w.transport.now() };
}

/**
 * Makes the presentation and stores it, and the device mark after it, before it may be sent. Check-ins take turns, so that
 * each sees the slots of the ones before.
 * @throws CopiedStoreError
 */
function prepare(w: WalletContext, offer: CheckInOffer, mark: { handedOver?: true } = {}): Promise<WalletSession> {
  return w.turns.take("check-in", async () => {
    for (;;) {
      const session = { ...(await takeSession(w, offer)), ...mark };
      let kept = false;
      await updateUsing(w, session, (st) => {
        const standing = st.sessions.findIndex((s) => s.tagHash === session.tagHash);
        // A concurrent recovery, or another window, may have found this slot used.
        kept = standing < 0 ? !slotsTaken(st, session).has(session.slot) : mayReplace(st.sessions[standing]!, session);
        if (!kept) return;
        if (standing < 0) st.sessions.push(session);
        else st.sessions[standing] = session;
      });
      if (!kept) continue;
      w.sending.add(session.tagHash);
      return session;
    }
  });
}

/** Whether the new session is made over this one: it was not settled, and no other attempt came in between. */
const mayReplace = (standing: WalletSession, { earlier = [] }: WalletSession): boolean =>
  isUnsettled(standing) && standing.checkIn === earlier[0]?.checkIn;

type Place = Pick<WalletSession, "epoch" | "generation" | "salt">;
const isAt =
  (place: Place) =>
  (s: Place): boolean =>
    s.epoch === place.epoch && s.generation === place.generation && s.salt === place.salt;
const slotsTaken = ({ sessions }: Readonly<WalletState>, place: Place): Set<number> =>
  new Set(sessions.filter(isAt(place)).map((s) => s.slot));

/** The slots of this month that were never shown. */
function freeSlots(w: WalletContext, place: Place): number[] {
  const taken = slotsTaken(w.state, place);
  const { slots } = w.parameters.known(place.epoch).document;
  return Array.from({ length: slots }, (_, j) => j).filter((j) => !taken.has(j));
}

/** A session of this service and month that was not settled, and whose slot may be shown there again. */
function toShowAgain(w: WalletContext, serviceId: Hex, place: Place, anyAge: boolean) {
  const since = anyAge ? 0 : w.transport.now() - SHOWN_AGAIN_SECONDS;
  return w.state.sessions.find(
    (s) =>
      s.serviceId === serviceId &&
      isAt(place)(s) &&
      isUnsettled(s) &&
      !s.handedOver &&
      (s.preparedAt ?? 0) >= since &&
      !w.sending.has(s.tagHash),
  );
}

/**
 * A session under a slot that may be shown now. It is not stored yet.
 * @throws CheckInError no-slot-left; ChannelSetupError, CopiedStoreError
 */
async function makeSession(w: WalletContext, offer: CheckInOffer): Promise<WalletSession> {
  const { epoch, credential, service, challenge } = offer;
  const { rng } = w.transport;
  const tagParameters = w.parameters.known(epoch);
  const credentialParameters = w.parameters.known(credential.epoch);
  const generation = credential.generation;
  const phone = w.phone(generation);
  assertNotBarred(w.state, phone);
  const { salt } = phone;
  const place = { epoch, generation, salt };
  const free = freeSlots(w, place);
  const again = toShowAgain(w, bytesToHex(offer.serviceId), place, free.length === 0);
  if (!again && free.length === 0) throw new CheckInError("no-slot-left", epochName(epoch));
  const slot = again?.slot ?? free[uniform(free.length, rng)]!;
  const secrets = holderSecrets(w.root, phone);
  const keys = await sessionKeys(w.root, phone, epoch, slot);
  const tagHash = tagHashOf(encodeG2(tagOf(secrets.z, tagParameters.hash, epoch, slot)));
  const before = {
    challenge: offer.invitation.challenge,
    sessionAuthKey: keys.authPublicKey,
    sessionRecipient: keys.ageRecipient,
    rowProof: proveIndexRow(
      { serviceId: offer.serviceId, epoch, slot, paramsHash: tagParameters.hash },
      secrets.z,
      rng,
    ),
    claim: claimFor(w, { serviceId: offer.serviceId, tagHash }, { generation, salt }, { epoch, slot }),
  };
  const { enc, channel } = await openWalletChannel({
    servicePublicKey: service.hpkeKey,
    context: channelContext(before),
    tagHash,
  });
  const s = credentialBlinding(w.root, phone, credential.epoch);
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
    salt,
    epoch,
    slot,
    serviceId: bytesToHex(offer.serviceId),
    serviceName: service.name,
    tagHash: bytesToHex(tagHash),
    state: "prepared",
    checkIn: bytesToHex(checkIn),
    preparedAt: w.transport.now(),
    channel: bytesToHex(channel.serialise()),
    shown: offer.shows.map((x) => `${x.attribute}: ${x.value}`),
    ...(again && { earlier: attemptsOf(again) }),
  };
}

/** A check-in that the service accepted. */
export interface OpenSession {
  /** the temporary identity, for people and labels */
  tid: string;
  /** 32 bytes; names the session everywhere */
  tagHash: Hex;
  receipt: Receipt;
}

/**
 * The age in epochs up to which a wallet shows a credential without asking. A registrar that withholds one patient's
 * credentials makes that patient visibly older than others, so the person decides.
 */
const MAX_UNASKED_AGE_EPOCHS = 1;

export interface CheckInOptions {
  /** The person agrees to show a pass of this age: `offer.epoch - offer.credential.epoch`. */
  acceptAgeEpochs?: number;
}

/** @throws CheckInError old-credential */
function assertAgeAccepted(
  { epoch, credential }: CheckInOffer,
  { acceptAgeEpochs = MAX_UNASKED_AGE_EPOCHS }: CheckInOptions,
): void {
  const age = epoch - credential.epoch;
  if (age > acceptAgeEpochs) throw new CheckInError("old-credential", `it is ${age} months old`);
}

/**
 * Checks in: makes the presentation, stores it, and sends it.
 * @throws CheckInError, ChannelSetupError, CopiedStoreError, ApiError
 */
export async function checkIn(
  w: WalletContext,
  offer: CheckInOffer,
  options: CheckInOptions = {},
): Promise<OpenSession> {
  assertAgeAccepted(offer, options);
  for (;;) {
    const session = await prepare(w, offer);
    try {
      const receipt = await sendCheckIn(w, session);
      return { tid: tidOf(receipt.tagHash), tagHash: session.tagHash, receipt };
    } catch (error) {
      const refused = error instanceof CheckInError && error.code === "check-in-refused";
      if (!refused || session.earlier === undefined) throw error;
      // If an earlier attempt opened the session, the slot is spent: that session is kept, and another slot is taken.
      if (!(await settle(w, session).catch(() => false))) throw error;
    }
  }
}

/** A check-in that the wallet gives to the clinic itself. */
export interface HandedOver {
  /** the temporary identity, for people and labels */
  tid: string;
  /** 32 bytes; names the session once the clinic has handed the check-in in */
  tagHash: Hex;
  /** CheckIn: give these bytes to the clinic, and to nobody else */
  checkIn: Uint8Array;
}

/**
 * Makes the presentation and stores it, and sends nothing: the clinic gets the bytes directly.
 * @throws CheckInError, ChannelSetupError, CopiedStoreError
 */
export async function handOver(
  w: WalletContext,
  offer: CheckInOffer,
  options: CheckInOptions = {},
): Promise<HandedOver> {
  assertAgeAccepted(offer, options);
  const { tagHash, checkIn } = await prepare(w, offer, { handedOver: true });
  w.sending.delete(tagHash);
  return { tid: tidOf(hexToBytes(tagHash)), tagHash, checkIn: hexToBytes(checkIn!) };
}

/** Uniform in [0, n), n <= 256, by rejection. */
function uniform(n: number, rng: (bytes: number) => Uint8Array): number {
  const limit = 256 - (256 % n);
  for (;;) {
    const x = rng(1)[0]!;
    if (x < limit) return x % n;
  }
}
