// The tests that judge the mutants of each file, the quickest first. A mutant is judged by those of them that reach it,
// up to the first that fails.

/**
 * Parts of the titles of tests that no mutant is judged by: they take most of their file's time and judge nothing that the
 * others do not, or they read the sources of protocol/ as text.
 */
export const LEFT_OUT = [
  "each listed in SPEC.md",
  "files of other shapes are skipped",
  "is proved by its witness and by no other",
  "that nobody holds and every quorum has",
  "is refused when cut short anywhere",
  "yields to other work between steps",
];

const faults = (area: string): string => `test/vectors/faults.test.ts > ${area} > `;
const vectors = (title: string): string => `test/vectors/symbolon.test.ts > ${title} > `;
const unit = (name: string): string => `test/protocol/${name}.test.ts`;

const PRESENTATION = [faults("check-in"), vectors("presentation")];
const CREDENTIAL = [vectors("enrolment and credential"), unit("credential")];
const OPENING = [faults("opening"), vectors("case")];
const KEY_SET = [faults("key-set"), unit("key-set")];
const CEREMONY = [faults("ceremony"), vectors("ceremony")];
const RESHARING = [faults("ceremony"), faults("key-set")];
const SIGMA = [unit("sigma"), unit("hedge"), vectors("enrolment and credential")];
const CASE = [faults("codec"), vectors("case"), vectors("wallet"), unit("codec")];
const TREE = [faults("tree"), unit("merkle-range"), unit("merkle")];
const NOTE = [faults("tree"), unit("note"), unit("log-trust")];
const SUITE = [unit("suite"), vectors("suite"), vectors("enrolment and credential")];
const CODEC = [faults("codec"), unit("codec"), vectors("signed documents")];

/** Per file of protocol/, by its name without .ts. */
const PROTOCOL: Record<string, readonly string[]> = {
  "age-header": [faults("container"), "test/client/sealing.test.ts"],
  approvals: [faults("approval"), unit("officer-card"), "test/functions/approvals.test.ts"],
  "bbs-generators": [unit("bbs"), ...CREDENTIAL],
  "bbs-proof": [unit("bbs"), vectors("presentation")],
  bbs: [unit("bbs"), ...CREDENTIAL],
  "blind-bbs": [unit("bbs"), ...CREDENTIAL],
  "blob-group": [unit("blob-group"), faults("container")],
  buckets: [unit("buckets")],
  bytes: [vectors("suite"), ...CODEC],
  "case-chunks": [unit("case-chunks")],
  "case-documents": [unit("case-documents"), faults("tree")],
  "case-proofs": ["test/functions/approvals.test.ts"],
  "ceremony-documents": CEREMONY,
  ceremony: CEREMONY,
  "challenge-time": [faults("check-in")],
  "check-in": PRESENTATION,
  claim: [unit("notice")],
  clock: ["test/functions/request-auth.test.ts"],
  codec: CODEC,
  committee: [...KEY_SET, ...CEREMONY],
  continuity: [vectors("presentation"), `${unit("presentation")} > continuity > `],
  "contract-chain": ["test/functions/case-order.test.ts"],
  credential: [...CREDENTIAL, vectors("presentation")],
  documents: [
    ...[...CODEC, ...CASE, vectors("presentation"), vectors("enrolment and credential")],
    ...["test/functions/case-order.test.ts", "test/functions/checks.test.ts"],
  ],
  ed25519: [faults("signature"), unit("ed25519")],
  "element-coders": SIGMA,
  encodings: [unit("buckets"), ...CODEC],
  endomorphism: [unit("endomorphism")],
  engine: [...PRESENTATION, ...OPENING],
  enrolment: [...CREDENTIAL, "test/functions/case-order.test.ts"],
  epoch: [unit("epoch")],
  group: [vectors("suite"), unit("sigma"), unit("hedge"), vectors("case")],
  hedge: [unit("hedge")],
  "hybrid-recipient": [unit("record-items")],
  "hybrid-seal": [unit("hybrid-seal"), faults("container"), vectors("records"), unit("hedge")],
  "identity-record": [...CODEC, "test/functions/case-order.test.ts"],
  "index-row": [unit("index-row"), faults("check-in"), unit("merkle-range")],
  "index-tree": [...TREE, faults("case")],
  "key-set-chain": [...KEY_SET, unit("key-set-chain")],
  "key-set": [...KEY_SET, ...CEREMONY],
  labels: [vectors("suite"), unit("codec")],
  linear: SIGMA,
  "log-trust": NOTE,
  "logged-parameters": [unit("logged-parameters")],
  "merkle-range": TREE,
  merkle: [...TREE, unit("note")],
  "note-keys": NOTE,
  note: NOTE,
  notice: [unit("notice")],
  "officer-card": [faults("approval"), unit("officer-card")],
  "opening-common": OPENING,
  "opening-link": OPENING,
  "opening-points": [...OPENING, unit("tdh2"), vectors("records")],
  "order-limits": [faults("case")],
  padding: [unit("padding")],
  "pairing-check": [...PRESENTATION, unit("bbs")],
  "presentation-statement": PRESENTATION,
  presentation: [...PRESENTATION, unit("presentation")],
  "record-items": [unit("record-items")],
  "replay-window": [unit("replay-window"), faults("container"), vectors("wallet")],
  "request-signature": [vectors("wallet"), "test/functions/request-auth.test.ts"],
  "requester-status": [...CODEC, "test/functions/follow.test.ts"],
  resharing: RESHARING,
  review: [unit("review")],
  "service-list": [unit("service-list"), unit("codec")],
  sharing: [unit("sharing"), unit("tdh2"), faults("opening")],
  "sigma-batch": ["test/engine/sigma-batch.test.ts", ...PRESENTATION],
  "sigma-draft": [unit("sigma")],
  sigma: SIGMA,
  sponge: SIGMA,
  suite: SUITE,
  tdh2: [unit("tdh2"), faults("opening"), vectors("records")],
  tid: [unit("tid"), faults("container")],
  tiles: [unit("merkle")],
  witness: [unit("note")],
};

const CHECKS = ["test/functions/checks.test.ts"];

/** Per file of functions/ that the command mutates. */
const FUNCTIONS: Record<string, readonly string[]> = {
  "shared/request-auth": ["test/functions/request-auth.test.ts"],
  "shared/admin-request": ["test/functions/request-auth.test.ts"],
  "shared/approvals": ["test/functions/approvals.test.ts"],
  "shared/committee": ["test/functions/follow.test.ts"],
  "shared/revocations": ["test/functions/follow.test.ts"],
  "trustee/case-order": ["test/functions/case-order.test.ts"],
  "shared/json": ["test/functions/json.test.ts"],
  "shared/clock": ["test/functions/request-auth.test.ts", ...CHECKS],
  "shared/env": CHECKS,
  "log/writers": CHECKS,
  "trustee/login-nonces": CHECKS,
};

/** Every file that the command mutates, with its tests. */
export const TESTS_OF: ReadonlyMap<string, readonly string[]> = new Map([
  ...Object.entries(PROTOCOL).map(([name, tests]) => [`protocol/${name}.ts`, [...new Set(tests)]] as const),
  ...Object.entries(FUNCTIONS).map(([name, tests]) => [`functions/${name}.ts`, tests] as const),
]);
