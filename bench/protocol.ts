// Measures the protocol core in this process, without any network: enrolment, issuing, presenting, verifying.
//
// Keys come with their window tables, as if decoded from signed parameters. Each measurement includes the encoding and
// decoding of the messages. Every turn has its own input, so no result comes from a cache. A long-running role keeps window
// tables, slot bases and the issuer's pairing lines; they are warm here too.

import { Contract } from "../protocol/documents.ts";
import { type Engine, nobleEngine } from "../protocol/engine.ts";
import { verifyContract } from "../protocol/enrolment.ts";
import { auditPresentations, type Expectation, Presentation, verifyPresentation } from "../protocol/presentation.ts";
import { fastEngine } from "./fast-engine.ts";
import {
  accepted,
  EPOCH,
  enrolmentOf,
  type Holder,
  issueFor,
  newHolder,
  newSecrets,
  PARAMS_HASH,
  refresh,
  registry,
  rng,
  type Shown,
  show,
} from "./holder.ts";
import { type Bench, type BenchContext, type Row, row, samples } from "./measure.ts";

/** The engine of the Workers at the edge, and the engine of wallets and clinics. */
const ENGINES: readonly { name: string; engine: () => Engine }[] = [
  { name: "mcl (edge)", engine: fastEngine },
  { name: "noble (SDK)", engine: () => nobleEngine },
];
const SLOTS = 16;
/** turns before measuring; presentations use this many slots in rotation */
const WARM_UP = 4;
const BATCH = 64;

async function enrolRow(context: BenchContext): Promise<Row[]> {
  const r = registry();
  const n = context.times(10, 100);
  return [
    row("wallet enrols (its request)", await samples(n, () => Contract.encode(enrolmentOf(r, newSecrets())), WARM_UP)),
  ];
}

async function contractRow(context: BenchContext): Promise<Row[]> {
  const r = registry();
  const n = context.times(10, 100);
  const contracts = Array.from({ length: n + WARM_UP }, () => Contract.encode(enrolmentOf(r, newSecrets())));
  const taken = await samples(n, (i) => accepted(verifyContract(r.params, Contract.decode(contracts[i]!)).ok), WARM_UP);
  return [row("registrar verifies a contract", taken)];
}

async function issueRow(context: BenchContext): Promise<Row[]> {
  const r = registry();
  const n = context.times(10, 100);
  const requests = Array.from({ length: n + WARM_UP }, () => refresh(r));
  const taken = await samples(n, (i) => issueFor(r, requests[i]!), WARM_UP);
  return [row("registrar issues a credential", taken, "proof of the request verified, blind signature made")];
}

// ---- presentations

const expectationOf = ({ registry: { params } }: Holder, context: Uint8Array): Expectation => ({
  params,
  tagEpoch: EPOCH,
  slots: SLOTS,
  maxStaleEpochs: 1,
  tagParamsHash: PARAMS_HASH,
  credentialParamsHash: PARAMS_HASH,
  context,
});
const showMany = (h: Holder, n: number): Shown[] => Array.from({ length: n }, (_, i) => show(h, i % WARM_UP));

async function presentRow(context: BenchContext): Promise<Row[]> {
  const h = newHolder();
  const taken = await samples(context.times(10, 100), (i) => show(h, i % WARM_UP), WARM_UP);
  return [row("wallet presents (proves)", taken, "2 attributes, 1 shown")];
}

async function verifyRows(context: BenchContext): Promise<Row[]> {
  const h = newHolder();
  const n = context.times(10, 100);
  const all = showMany(h, n + WARM_UP);
  const rows: Row[] = [];
  for (const { name, engine } of ENGINES) {
    const verify = ({ context: c, bytes }: Shown): void =>
      accepted(verifyPresentation(expectationOf(h, c), Presentation.decode(bytes), engine()).ok);
    rows.push(row(`verify one presentation, ${name}`, await samples(n, (i) => verify(all[i]!), WARM_UP)));
  }
  return rows;
}

async function batchRow(context: BenchContext): Promise<Row[]> {
  const h = newHolder();
  const n = context.times(2, 10);
  // Some presentations appear more than once. Each is decoded and verified again, so repetition saves no time.
  const made = showMany(h, context.times(BATCH / 4, BATCH));
  const batch = Array.from({ length: BATCH }, (_, i) => made[i % made.length]!);
  const verify = (engine: Engine): void => {
    const items = batch.map(({ context: c, bytes }) => ({
      expected: expectationOf(h, c),
      presentation: Presentation.decode(bytes),
    }));
    accepted(auditPresentations(items, rng, engine));
  };
  const rows: Row[] = [];
  for (const { name, engine } of ENGINES) {
    const slow = engine() === nobleEngine; // noble takes seconds per batch
    const taken = await samples(slow ? context.times(1, n) : n, () => verify(engine()), context.times(0, 1));
    rows.push(
      row(
        `batch of ${BATCH}, each, ${name}`,
        taken.map((ms) => ms / BATCH),
      ),
    );
  }
  return rows;
}

export const protocolBenches: readonly Bench[] = [
  { name: "enrol", about: "the wallet's enrolment request", run: enrolRow },
  { name: "contract", about: "the registrar verifies an enrolment", run: contractRow },
  { name: "issue", about: "the registrar issues a credential", run: issueRow },
  { name: "present", about: "the wallet proves", run: presentRow },
  { name: "verify", about: "one presentation verified", run: verifyRows },
  { name: "batch", about: "64 presentations verified together", run: batchRow },
];
