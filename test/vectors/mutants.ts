// Mutants of the verifiers: each edit deletes one check of protocol/. Some entry of the area's fault file must notice it.

import type { Area } from "./areas.ts";

export interface Mutant {
  area: Area;
  /** file of protocol/ */
  file: string;
  /** text that stands exactly once in the file */
  find: string;
  replace: string;
  /** verdict of the entries that are judged first, because they should notice */
  reason: string | undefined;
}
const of =
  (area: Area, file: string) =>
  (find: string, replace: string, reason?: string): Mutant => ({ area, file: `${file}.ts`, find, replace, reason });

const presentation = of("check-in", "presentation");
const checkIn = of("check-in", "check-in");
const time = of("check-in", "challenge-time");
const row = of("check-in", "index-row");
const sigma = of("check-in", "sigma");
const suite = of("check-in", "suite");
const approval = of("approval", "approvals");
const card = of("approval", "officer-card");
const link = of("opening", "opening-link");
const points = of("opening", "opening-points");
const common = of("opening", "opening-common");
const tdh2 = of("opening", "tdh2");
const keySet = of("key-set", "key-set");
const committee = of("key-set", "committee");
const plan = of("key-set", "resharing");
const ceremony = of("ceremony", "ceremony");
const messages = of("ceremony", "ceremony-documents");
const finish = of("ceremony", "committee");
const resharing = of("ceremony", "resharing");
const codec = of("codec", "codec");
const ed25519 = of("signature", "ed25519");
const seal = of("container", "hybrid-seal");
const age = of("container", "age-header");
const tid = of("container", "tid");
const group = of("container", "blob-group");
const window = of("container", "replay-window");
const merkle = of("tree", "merkle");
const runs = of("tree", "merkle-range");
const blocks = of("tree", "index-tree");
const parts = of("tree", "buckets");
const note = of("tree", "note");
const trust = of("tree", "log-trust");
const limits = of("case", "order-limits");
const epochs = of("case", "epoch");
const proofs = of("case", "case-proofs");
const logged = of("case", "log-trust");
const chain = of("chain", "key-set-chain");
const chained = of("chain", "resharing");

/** Reads a point of the curve without the test of the subgroup. */
const anyPointOfCurve = (group: "G1" | "G2"): string => `
    const numbers: bigint[] = [];
    for (let at = 0; at < b.length; at += 48) {
      const bytes = b.slice(at, at + 48);
      if (at === 0) bytes[0]! &= 0x1f;
      numbers.push(Fp.fromBytes(bytes));
    }
    const large = (b[0]! & LARGER_ROOT) !== 0;
    try {
      p = from(b);
    } catch {
      ${
        group === "G1"
          ? `const x = numbers[0]!;
      const y = Fp.sqrt(Fp.add(Fp.mul(Fp.sqr(x), x), 4n));
      p = G1Point.fromAffine({ x, y: isLarger(y) === large ? y : Fp.neg(y) }) as never;`
          : `const x = Fp2.create({ c0: numbers[1]!, c1: numbers[0]! });
      const y = Fp2.sqrt(Fp2.add(Fp2.mul(Fp2.sqr(x), x), Fp2.create({ c0: 4n, c1: 4n })));
      p = G2Point.fromAffine({ x, y: isLarger(y.c1 === 0n ? y.c0 : y.c1) === large ? y : Fp2.neg(y) }) as never;`
      }
    }`;

export const MUTANTS: Mutant[] = [
  presentation("if (p.tagEpoch !== expected.tagEpoch) return", "if (false) return", "epoch"),
  presentation("p.credentialEpoch > p.tagEpoch || ", "", "stale"),
  presentation(" || p.credentialEpoch + expected.maxStaleEpochs < p.tagEpoch", "", "stale"),
  presentation(" || p.slot >= expected.slots", "", "slot"),
  presentation("if (!ascending || ", "if (", "attribute"),
  presentation("index > p.shown[i - 1]!.index", "index >= p.shown[i - 1]!.index", "attribute"),
  presentation('verifyBatchable(e.relation, e.tag, e.proof) ? e : "proof"', "true ? e : e", "proof"),
  presentation("engine.pairingProductIsOne([", "true || engine.pairingProductIsOne([", "pairing"),
  presentation(
    "const weights = points.map(() => randomWeight(rng));",
    "const weights = points.map(() => 1n);",
    "pairing,pairing,accepted",
  ),
  checkIn("return equalBytes(serviceIdOf(key), challenge.serviceId) ? key", "return true ? key", "challenge-signature"),
  checkIn('if (!challengeKey(read, verify)) return "challenge-signature";', "", "challenge-signature"),
  checkIn("!equalBytes(challenge.paramsHash, tag.hash) || ", "", "parameters"),
  checkIn(" || !covers(tag, epoch)", "", "parameters"),
  checkIn('if (!covers(credential, presentation.credentialEpoch)) return "parameters";', "", "parameters"),
  checkIn("if (!meetsPolicy(checkIn.read.challenge, verdict)) return", "if (false) return", "policy"),
  checkIn(" && accepted.includes(shown[attribute]!)", "", "policy"),
  checkIn("return provesRow(checkIn, verdict, engine) ? verdict", "return true ? verdict", "row"),
  time("if (issuedAt - now > window) return", "if (false) return", "ahead"),
  time("if (now - issuedAt > oldest) return", "if (false) return", "old"),
  time("if (!offline && now > expiresAt) return", "if (false) return", "expired"),
  row(
    "frame(serviceId, u32be(epoch), u32be(slot), paramsHash)",
    "frame(u32be(epoch), u32be(slot), paramsHash)",
    "accepted",
  ),
  sigma(
    "return expected !== undefined && equalBytes(expected, proof.commitment);",
    "return expected !== undefined;",
    "proof",
  ),
  suite("  }\n  if (p.is0()) throw", "  }\n  if (false) throw", "encoding"),
  suite(
    "\n    p = from(b);\n    p.assertValidity(); // on the curve and in the prime-order subgroup",
    anyPointOfCurve("G1"),
    "encoding",
  ),
  suite(
    "\n    p = from(b);\n    p.assertValidity(); // on the curve and in the prime-order subgroup",
    anyPointOfCurve("G2"),
    "encoding",
  ),

  approval("!identityKey || !equalBytes(identityKey, key)", "!identityKey"),
  approval("!equalBytes(value.orderHash, scope.orderHash) || ", ""),
  approval(" || !equalBytes(value.caseId, scope.caseId)", ""),
  approval("value.at < scope.from || ", ""),
  approval(" || value.at > scope.to", ""),
  approval('if (!isCardAt(card, value.at)) return no("officer\'s card out of date");', ""),
  approval("(flags & USER_PRESENT) === 0 || ", ""),
  approval(" || (flags & USER_VERIFIED) === 0", ""),
  approval(
    "if (!equalBytes(a.authenticatorData.subarray(0, FLAGS_AT), sha256(utf8ToBytes(card.rpId)))) return",
    "if (false) return",
  ),
  approval('client.type !== "webauthn.get" || ', ""),
  approval(" || client.challenge !== toBase64url(approvalChallenge(a))", ""),
  approval("client.origin !== card.origin || ", ""),
  approval(" || client.crossOrigin === true", ""),
  approval("return p256.verify(", "return true || p256.verify("),
  approval("if (signed.length > MAX_DECISION_BYTES)", "if (false)"),
  approval('if (decided.some((a) => a.decision !== "approve"))', "if (false)"),
  approval("trustee <= set[i - 1]!", "trustee < set[i - 1]!"),
  approval("if (set.length !== needed)", "if (false)"),
  approval("if (new Set(names).size !== names.length)", "if (false)"),
  approval("if (decided.some((a) => !equalBytes(a.dossierHash, decided[0]!.dossierHash)))", "if (false)"),
  card("!equalBytes(key, trustee.identityKey) || ", ""),
  card(" || value.trustee !== trustee.index", ""),
  card("seconds <= 0 || ", ""),
  card(" || seconds > MAX_OFFICER_CARD_SECONDS", ""),
  card("notBefore <= at && ", ""),
  card(" && at < notAfter", ""),

  link("given.length !== at.slots.length || ", "", "share"),
  link("g1.encode(weightedKey),\n    g1.encode(engine.fromG1(at.F1))", "g1.encode(engine.fromG1(at.F1))", "accepted"),
  link("    ctx,\n    g1.encode(weightedKey)", "    g1.encode(weightedKey)", "accepted"),
  link('.equation(engine.g1, weightedKey, [["y", engine.fromG1(G)]])', "", "accepted"),
  link(
    "  return verify(relation(engine, kind, { weightedKey",
    "  return true || verify(relation(engine, kind, { weightedKey",
    "share",
  ),
  points("index === at.index && ", "", "share"),
  points("verify(relation(engine, kind, at, base, point), at.ctx, proof)", "true", "share"),
  points('.equation(g1, fromG1(shareKey), [["y", fromG1(G)]])', "", "accepted"),
  points('\n    .equation(g1, fromG1(point), [["y", fromG1(base)]])', "", "accepted"),
  common("if (shares.length !== set.length)", "if (false)", "set"),
  tdh2("if (tdh2Check(expected, ct, engine)) return ct;", "return ct;", "stanza-refused"),
  tdh2('.equation(g1, fromG1(u), [["r", fromG1(G)]])', "", "accepted"),
  tdh2('\n    .equation(g1, fromG1(ubar), [["r", fromG1(tdh2Base())]])', "", "accepted"),

  keySet("|| n < 2 ", "", "holders"),
  keySet(" || n > MAX_HOLDERS", "", "holders"),
  keySet(" || t > n ", " ", "threshold"),
  keySet(" || 2 * t <= n", "", "threshold"),
  keySet("if (core.shareKeys.length !== n)", "if (false)", "share-keys"),
  keySet("if (!liesOnPolynomial(values, core.threshold))", "if (false)", "share-keys"),
  keySet("!pinned.every((key, i) => equalBytes(key, identityKeys[i]!))", "false", "identity-keys"),
  keySet("if (keySet.signatures.length !== pinned.length)", "if (false)", "signature"),
  keySet("if (!verifyKeySetSignature(keySet, i + 1, signature))", "if (false)", "signature"),
  keySet("if (!equalBytes(named, signed)) throw", "if (false) throw", "other-key-set"),
  keySet('if (p.threshold !== keySet.threshold) throw differs("threshold");', "", "other-key-set"),
  keySet("p.assembleThreshold < p.threshold || ", "", "other-key-set"),
  keySet(" || p.assembleThreshold > pinned.length", "", "other-key-set"),
  keySet("p.trusteeKeys.length !== pinned.length || ", "", "other-key-set"),
  keySet("if (!equalBytes(secret.keySetId, keySetId(keySet)))", "if (false)", "other-key-set"),
  keySet("if (secret.generation !== keySet.generation)", "if (false)", "other-generation"),
  keySet("if (!fits) throw", "if (false) throw", "wrong-secret"),
  committee("!distinct(trustees.map((t) => t.identityKey)) || ", "", "range"),
  committee(" || !distinct(trustees.map((t) => t.transportKey))", "", "range"),
  plan("if (!equalBytes(plan.previous, keySetHash(old)))", "if (false)", "other-key-set"),
  plan("if (plan.generation !== old.generation)", "if (false)", "other-generation"),
  plan("plan.dealers.length !== old.threshold || ", "", "holders"),
  plan(" || !ascending)", ")", "holders"),
  plan("d >= 1 && ", "", "holders"),
  plan("d <= old.identityKeys.length && ", "", "holders"),

  ceremony("dealing.sender !== dealer || ", "", "malformed by 2"),
  ceremony(
    ' || !equalBytes(dealing.context, context)) throw new CeremonyAbort("malformed", dealer)',
    ') throw new CeremonyAbort("malformed", dealer)',
    "malformed by 2",
  ),
  ceremony("if (points.length !== plan.threshold)", "if (false)", "degree by 2"),
  ceremony(
    "if (!verify(possession(points[0]!), possessionTag(context, dealer, name), dealing.possession[name]))",
    "if (false)",
    "possession by 2",
  ),
  ceremony("frame(context, u32be(dealer), utf8ToBytes(name))", "frame(context, u32be(dealer))", "accepted"),
  ceremony("if (!equalBytes(opening.view, commitView))", "if (false)", "view by 2"),
  ceremony("if (!equalBytes(commits[i]!.commitment, commitmentTo(opening.dealing)))", "if (false)", "commitment by 2"),
  ceremony("if (!equalBytes(d.view, view))", "if (false)", "view by 2"),
  ceremony("if (d.sealed.length !== senders.length)", "if (false)", "malformed by 2"),
  ceremony('if (!sharesFit(share.shares, dealing.commitments, to)) return "share";', "", "complaint: share about 2"),
  ceremony(
    'if (!equalBytes(seedHashOf(context, sender, share.seed), dealing.seedHash)) return "seed";',
    "",
    "complaint: seed about 2",
  ),
  ceremony(
    "if (!equalBytes(commits[sender - 1]!.commitment, commitmentTo(secret.dealing)))",
    "if (false)",
    "own-message by 1",
  ),
  messages("if (equalBytes(value.context, run)) author", "author", "malformed"),
  messages("author !== undefined && value.sender === author", "author !== undefined", "malformed by 2"),
  messages("if (earlier !== undefined && !equalBytes(earlier.bytes, bytes))", "if (false)", "equivocated by 2"),
  finish("if (!equalBytes(other, bytes))", "if (false)", "disagreement"),
  finish("if (!verifyKeySetSignature(core, sender, signature))", "if (false)", "signature by 2"),
  resharing("if (sealed.length !== plan.trustees.length)", "if (false)", "malformed by 3"),
  resharing("if (commitments[name].length !== plan.threshold)", "if (false)", "degree by 3"),
  resharing("if (!commitments[name][0]!.equals(old.shareKeys[sender - 1]![name]))", "if (false)", "constant by 3"),
  resharing('if (!sharesFit(share.shares, deals.commitments, index)) return "share";', "", "complaint: share about 3"),
  resharing(
    'if (!equalBytes(hybridKeyPair(share.groupHybridSecret).publicKey, old.groupHybridKey)) return "seed";',
    "",
    "complaint: seed about 3",
  ),
  resharing("if (!equalBytes(KeySetCore.encode(served), KeySetCore.encode(core)))", "if (false)", "other-key-set"),

  codec("if (!Number.isSafeInteger(n) || n < 0)", "if (false)"),
  codec("if (!items.every((x, i) => i === 0 || before(items[i - 1]!, x)))", "if (false)"),
  codec("if (bytes[0] !== type)", "if (false)"),
  codec("if (bytes[1] !== version)", "if (false)"),

  ed25519("if (A.isSmallOrder()) return false;", ""),
  ed25519("equalBytes(expected.toBytes(), R) && ", ""),
  ed25519(" && !expected.isSmallOrder()", ""),

  seal("if (!isHybridPublicKey(publicKey)) throw new HybridSealError();", ""),
  seal(">= MLKEM_Q || ", "> MLKEM_Q || "),
  age("if (stanzas.length !== 3)", "if (false)"),
  age(
    "if (equalBytes(hybridEnc(service), hybridEnc(session)))",
    "if (hybridEnc(service) && hybridEnc(session) && false)",
  ),
  age("if (enc.length !== HYBRID_ENC_BYTES)", "if (false)"),
  age("if (body.length !== WRAPPED_FILE_KEY_BYTES)", "if (false)"),
  age("if (keySetId.length !== KEY_SET_ID_BYTES)", "if (false)"),
  age("threshold.body.length === 0 || ", ""),
  age(" || threshold.body.length > MAX_THRESHOLD_BODY_BYTES", ""),
  age("if (mac.length !== MAC_BYTES)", "if (false)"),
  age("if (line.length > BODY_LINE_CHARS)", "if (false)"),
  age('if (lines.next() !== INTRO) throw malformed("not an age v1 file");', "lines.next();"),
  tid("if (weightedSum(digits) !== 0)", "if (false)"),
  tid("sum + (i + 1) * d", "sum + d"),
  tid("if (tid.length !== TID_CHARS)", "if (false)"),
  group("if (at !== bytes.length)", "if (false)"),
  group("length > GROUP_BLOB_BYTES || ", ""),
  window('if (s >= SEQ_LIMIT) return "limit";', ""),
  window('if (window.highest - s > BigInt(WINDOW)) return "too-old";', ""),

  merkle("index >= size) return false;", "false) return false;"),
  merkle("return sn === 0n && equalBytes(r, claim.root);", "return sn === 0n;"),
  merkle("return sn === 0n && equalBytes(r, claim.root);", "return equalBytes(r, claim.root);"),
  merkle(
    "return claim.proof.length === 0 && equalBytes(claim.fromRoot, claim.toRoot);",
    "return claim.proof.length === 0;",
  ),
  merkle(
    "return claim.proof.length === 0 && equalBytes(claim.fromRoot, claim.toRoot);",
    "return equalBytes(claim.fromRoot, claim.toRoot);",
  ),
  merkle("equalBytes(fr, claim.fromRoot) && ", ""),
  merkle(" && equalBytes(sr, claim.toRoot)", ""),
  runs("used === proof.length && ", ""),
  runs(" && equalBytes(computed, root)", ""),
  runs("if (!inOrder(places, size)) return false;", ""),
  blocks("epoch !== of.epoch || ", ""),
  blocks("if (!whole) return false;", ""),
  blocks("(run.from === 0 || run.first < from) && ", "", "refused"),
  blocks(" && (run.to === blocks || run.last >= below)", "", "refused"),
  blocks("run.from === 0 || ", "", "accepted"),
  blocks("run.to === blocks || ", "", "accepted"),
  blocks("if (before?.to === block) Object", "if (before) Object", "refused"),
  blocks("if (before?.to === block) Object", "if (false) Object", "accepted"),
  parts("if (!found) return undefined;", "", "malformed"),
  parts("n < of && ", "", "malformed"),
  parts(" && of <= MAX_PARTS", "", "malformed"),
  parts("Math.floor((", "Math.round((", "accepted"),
  note("if (checkpoint.origin !== logKey.name)", "if (false)"),
  note("if (!verifySignature(parsed.text, s, logKey, verify))", "if (false)"),
  note("if (!signedByLog)", "if (false)"),
  note("if (cosigners.size < quorum)", "if (false)"),
  trust("if (times.length < quorum)", "if (false)"),
  trust("time >= now - maxAgeSeconds && ", ""),
  trust(" && time <= now + CLOCK_TOLERANCE_SECONDS", ""),

  limits('if (issuedAt - now > toleranceSeconds) return "ahead";', "", "ahead"),
  limits('if (now >= expiresAt) return "expired";', "", "expired"),
  limits("if (now >= expiresAt)", "if (now > expiresAt)", "expired"),
  limits('if (expiresAt - issuedAt > MAX_ORDER_SECONDS) return "too-long";', "", "too-long"),
  limits('if (epochFrom > epochTo) return "epoch-order";', "", "epoch-order"),
  limits('if (epochTo > epochOf(now)) return "not-begun";', "", "not-begun"),
  limits('kind !== "trace" && epochTo', "epochTo", "accepted"),
  limits("epochTo - epochFrom >= MAX_SCOPE_EPOCHS", "epochTo - epochFrom > MAX_SCOPE_EPOCHS", "too-many-epochs"),
  limits('if (!equalBytes(parameters.keySetId, order.keySetId)) return "other-key-set";', "", "other-key-set"),
  limits("!order.emergency && ", "", "accepted"),
  limits("if (!order.emergency && isEpochOpen(order.epochFrom + i, parameters, now)) return", "if (false) return"),
  limits("order.epochFrom + i, parameters", "order.epochFrom, parameters", "epoch-open"),
  limits("> MAX_SCOPE_SLOTS) return", "> MAX_SCOPE_SLOTS + 1) return", "too-many-slots"),
  epochs("Math.max(challengeWindowSeconds, offlineGraceSeconds)", "offlineGraceSeconds", "epoch-open"),
  epochs("Math.max(challengeWindowSeconds, offlineGraceSeconds)", "challengeWindowSeconds", "epoch-open"),
  proofs("entry !== undefined &&\n    entry.kind", "entry!.kind", "missing order"),
  proofs("entry.kind === expected.kind &&\n", "", "missing order"),
  proofs("equalBytes(entry.subject, expected.subject) &&\n", "", "missing order"),
  proofs("entry.caseId !== undefined &&\n", "", "missing order"),
  proofs(" &&\n    equalBytes(entry.caseId, expected.caseId!)", "", "missing order"),
  proofs("equalBytes(logged.entry, officerEntry(officerCard, card.notBefore)) && ", "", "missing officer of trustee 1"),
  proofs(" && verifyLogged(logged, checkpoint) !== undefined", "", "missing officer of trustee 1"),
  proofs('if (!isOrderLogged(entries.order, checkpoint, of)) return "order";', "", "missing order"),
  proofs("entries.approvals.length !== signed.length || ", "", "missing not one entry per approval"),
  proofs(" || entries.officers.length !== signed.length", "", "missing not one entry per approval"),
  proofs("if (!isEntry(entries.approvals[i]!, checkpoint, expected))", "if (false)", "missing approval of trustee 1"),
  proofs(
    "if (!isOfficerLogged(entries.officers[i]!, checkpoint, decided[i]!))",
    "if (false)",
    "missing officer of trustee 1",
  ),
  proofs(
    'if (!isEntry(logged, checkpoint, { kind: "notice", subject: orderHash, caseId })) return false;',
    "",
    "refused",
  ),
  proofs("\n    .filter(({ value }) => equalBytes(LogEntry.encode(value), logged.entry))", "", "refused"),
  proofs("set.every(", "set.some(", "refused"),
  proofs("equalBytes(key, trusteeKeys[i - 1]!)", "key", "refused"),
  logged(
    "if (!verifyInclusion({ index, size, leafHash: leafHash(entry), proof, root })) return undefined;",
    "",
    "missing order",
  ),

  chain("  verifyKeySet(genesis, pinned);\n", "", "identity-keys"),
  chain("verifyResharing(openResharing(ResharePlan.decode(link.plan), keySets.at(-1)!), link.deals, next);", ""),
  chain("keySets.at(-1)!", "keySets[0]!", "accepted"),
  chain("keySets.push(next);", "", "accepted"),
  chain("if (keySet.generation === 0) return pinned;", "", "accepted"),
  chain("if (keySet.generation === 0)", "if (chains.length === 0)", "other-generation"),
  chain("k && equalBytes(KeySet.encode(k), bytes)", "k", "other-generation"),
  chain("chain[keySet.generation]", "chain.at(-1)", "accepted"),
  chained("if (!equalBytes(plan.previous, keySetHash(old)))", "if (false)", "other-key-set"),
  chained("if (plan.generation !== old.generation)", "if (false)", "other-generation"),
  chained("plan.dealers.length !== old.threshold || ", "", "holders"),
  chained(" || !ascending)", ")", "holders"),
  chained("if (!commitments[name][0]!.equals(old.shareKeys[sender - 1]![name]))", "if (false)", "constant by 1"),
  chained("if (!equalBytes(KeySetCore.encode(served), KeySetCore.encode(core)))", "if (false)", "other-key-set"),
  chained("  verifyKeySet(\n    keySet,\n    resharing.receivers.map((r) => r.identityKey),\n  );\n", "", "signature"),
];
