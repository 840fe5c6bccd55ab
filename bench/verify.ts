// Verification on both engines: `node bench/verify.ts`. One presentation, a batch of 64, an index value, one slot of a
// link (verify a share of 16 slots, combine). Milliseconds of CPU,
// the median of several runs; not part of the tests.

import { readFileSync } from "node:fs";
import { mclEngine } from "../functions/engine/mcl.ts";
import { type Engine, nobleEngine } from "../protocol/engine.ts";
import {
  combineLink,
  indexValueOfTag,
  LinkShare,
  linkShare,
  UntestedLinkShare,
  verifyLinkShare,
} from "../protocol/opening.ts";
import { auditPresentations, present, verifyPresentation } from "../protocol/presentation.ts";
import { evaluate, sharePolynomial } from "../protocol/sharing.ts";
import { encodeG2, G, type G1, randomScalar, tagBase } from "../protocol/suite.ts";
import {
  CONTEXT,
  EPOCH,
  expectation,
  makePatient,
  makeRegistrar,
  PARAMS_HASH,
  SLOTS,
  seededRng,
} from "../test/protocol/patients.ts";

const rng = seededRng("bench");
const median = (runs: number, f: () => unknown): number => {
  const times = Array.from({ length: runs }, () => {
    const before = process.cpuUsage();
    f();
    const { user, system } = process.cpuUsage(before);
    return (user + system) / 1000;
  });
  return times.sort((a, b) => a - b)[runs >> 1]!;
};

const registrar = makeRegistrar("bench");
const { params } = registrar;
const patient = makePatient(registrar, "bench");
const about = { params, ...patient, tagEpoch: EPOCH, tagParamsHash: PARAMS_HASH, credentialParamsHash: PARAMS_HASH };
const presentations = Array.from({ length: 64 }, (_, i) =>
  present({ ...about, slot: i % SLOTS, shown: ["class"], context: CONTEXT }, rng),
);
const expected = expectation(params);
const batch = presentations.map((presentation) => ({ expected, presentation }));

const polynomial = sharePolynomial(randomScalar(rng), 2, rng);
const slots = Array.from({ length: SLOTS }, (_, j) => tagBase(PARAMS_HASH, EPOCH, j));
const [F1, F2] = [G.multiply(randomScalar(rng)), G.multiply(randomScalar(rng))] as [G1, G1];
const at = (index: number) => {
  const share = evaluate(polynomial, index);
  return { ctx: new Uint8Array(32), set: [1, 2], F1, F2, slots, index, share, shareKey: G.multiply(share) as G1 };
};
const shares = [1, 2].map((i) => LinkShare.encode(linkShare(at(i), rng)));

function rows(engine: Engine): Record<string, number> {
  let next = 0;
  const one = (): void => {
    if (!verifyPresentation(expected, presentations[next++ % 64]!, engine).ok) throw new Error("not accepted");
  };
  for (let i = 0; i < 20; i++) one();
  const decoded = shares.map((b) => UntestedLinkShare.decode(b));
  const link = (): void => {
    if (!verifyLinkShare(at(1), decoded[0]!, engine)) throw new Error("not accepted");
  };
  link();
  const T = encodeG2(slots[3]!);
  indexValueOfTag(T, engine);
  return {
    "verify one": median(21, one),
    "verify one of 64": median(3, () => auditPresentations(batch, rng, engine)) / 64,
    "index value": median(11, () => indexValueOfTag(T, engine)),
    "link, share a slot": median(3, () => linkShare(at(1), rng, engine)) / SLOTS,
    "link, verify a slot": median(3, link) / SLOTS,
    "link, combine a slot": median(3, () => combineLink({ set: [1, 2], shares: decoded }, engine)) / SLOTS,
  };
}

const start = performance.now();
const mcl = mclEngine(new WebAssembly.Module(readFileSync(new URL("../gen/mcl.wasm", import.meta.url))));
const made = performance.now() - start;
const [slow, fast] = [rows(nobleEngine), rows(mcl)];
console.log(`${"ms".padEnd(24)}${"noble".padStart(10)}${"mcl".padStart(10)}`);
for (const [name, ms] of Object.entries(slow))
  console.log(`${name.padEnd(24)}${ms.toFixed(2).padStart(10)}${fast[name]!.toFixed(2).padStart(10)}`);
console.log(`mcl compiled and started in ${made.toFixed(1)} ms`);
