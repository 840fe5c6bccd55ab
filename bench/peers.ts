// Compares our BBS on BLS12-381 with other implementations, in the same run and the same process. The operations are sign,
// verify, prove, and verify a proof, with 10 messages of which 2 are shown.
//
//   @digitalbazaar/bbs-signatures   JavaScript on noble; the IETF draft's interface, like ours
//   @mattrglobal/pairing-crypto     Rust compiled to WebAssembly; the IETF draft's interface
//   @docknetwork/crypto-wasm-ts     Rust compiled to WebAssembly; the same algebra with its own encoding and no header; the
//                                   generators are made once outside the measurement, and the caller hashes the challenge
//
// The bench installs them when it needs them, in a separate directory and never beside the product's packages. If the
// registry cannot be reached, the rows say "not installed".

import { spawn } from "node:child_process";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { sign, skToPk, verify } from "../protocol/bbs.ts";
import { proofGen, proofVerify } from "../protocol/bbs-proof.ts";
import { utf8ToBytes } from "../protocol/bytes.ts";
import { type Engine, nobleEngine } from "../protocol/engine.ts";
import { encodeG2, randomScalar } from "../protocol/suite.ts";
import { fastEngine } from "./fast-engine.ts";
import { rng } from "./holder.ts";
import { type Bench, type BenchContext, inTurns, type Row, row, summary } from "./measure.ts";

const INSTALL_SECONDS = 60;
const HEADER = utf8ToBytes("header");
const PRESENTATION_HEADER = utf8ToBytes("presentation header");
const MESSAGES = Array.from({ length: 10 }, (_, i) => utf8ToBytes(`message ${i}`));
const SHOWN = [0, 4];
const OPERATIONS = ["sign", "verify", "prove", "verifyProof"] as const;
type Operation = (typeof OPERATIONS)[number];
const TITLES: Record<Operation, string> = {
  sign: "BBS sign, 10 messages",
  verify: "BBS verify, 10 messages",
  prove: "BBS prove, 2 of 10 shown",
  verifyProof: "BBS verify a proof, 2 of 10 shown",
};

/** Each operation returns true if it did its work. A failed check counts as an error, not as a fast operation. */
type Suite = Record<Operation, () => Promise<boolean> | boolean>;

const shownMap = (): Map<number, Uint8Array> => new Map(SHOWN.map((i) => [i, MESSAGES[i]!]));

/**
 * Two suites: noble alone, and noble with proofs verified by mcl as the Workers do. Signing and proving use secrets, so they
 * stay on noble in both; mcl is the engine for public data only.
 */
function ours(): { noble: Suite; edge: Suite } {
  const secretKey = randomScalar(rng);
  const publicKey = encodeG2(skToPk(secretKey));
  const signature = sign(secretKey, HEADER, MESSAGES, rng);
  const prove = () => proofGen(publicKey, signature, HEADER, PRESENTATION_HEADER, MESSAGES, SHOWN, rng);
  const proof = prove();
  const shown = SHOWN.map((i) => MESSAGES[i]!);
  const verifyProof = (engine: Engine) => () =>
    proofVerify(publicKey, proof, HEADER, PRESENTATION_HEADER, shown, SHOWN, engine);
  const noble = {
    sign: () => sign(secretKey, HEADER, MESSAGES, rng).length > 0,
    verify: () => verify(publicKey, signature, HEADER, MESSAGES),
    prove: () => prove().length > 0,
    verifyProof: verifyProof(nobleEngine),
  };
  return { noble, edge: { ...noble, verifyProof: verifyProof(fastEngine()) } };
}

// ---- peers: the parts of their interfaces that the bench calls

interface DigitalBazaar {
  generateKeyPair(o: object): Promise<{ secretKey: Uint8Array; publicKey: Uint8Array }>;
  sign(o: object): Promise<Uint8Array>;
  verifySignature(o: object): Promise<boolean>;
  deriveProof(o: object): Promise<Uint8Array>;
  verifyProof(o: object): Promise<boolean>;
}
async function digitalBazaar(bbs: DigitalBazaar): Promise<Suite> {
  const common = { header: HEADER, messages: MESSAGES, ciphersuite: "BLS12-381-SHA-256" };
  const { secretKey, publicKey } = await bbs.generateKeyPair(common);
  const signature = await bbs.sign({ ...common, secretKey, publicKey });
  const signed = { ...common, publicKey, signature };
  const presentation = { presentationHeader: PRESENTATION_HEADER, disclosedMessageIndexes: SHOWN };
  const proof = await bbs.deriveProof({ ...signed, ...presentation });
  const disclosedMessages = SHOWN.map((i) => MESSAGES[i]!);
  const { messages: _, ...header } = common;
  return {
    sign: async () => (await bbs.sign({ ...common, secretKey, publicKey })).length > 0,
    verify: () => bbs.verifySignature(signed),
    prove: async () => (await bbs.deriveProof({ ...signed, ...presentation })).length > 0,
    verifyProof: () => bbs.verifyProof({ ...header, publicKey, proof, ...presentation, disclosedMessages }),
  };
}

interface Mattr {
  bbs: {
    bls12381_sha256: {
      generateKeyPair(): Promise<{ secretKey: Uint8Array; publicKey: Uint8Array }>;
      sign(o: object): Promise<Uint8Array>;
      verify(o: object): Promise<{ verified: boolean }>;
      deriveProof(o: object): Promise<Uint8Array>;
      verifyProof(o: object): Promise<{ verified: boolean }>;
    };
  };
}
async function mattr({ bbs: { bls12381_sha256: bbs } }: Mattr): Promise<Suite> {
  const { secretKey, publicKey } = await bbs.generateKeyPair();
  const common = { publicKey, header: HEADER, messages: MESSAGES };
  const signature = await bbs.sign({ ...common, secretKey });
  const derive = {
    publicKey,
    header: HEADER,
    presentationHeader: PRESENTATION_HEADER,
    signature,
    verifySignature: false,
    messages: MESSAGES.map((value, i) => ({ value, reveal: SHOWN.includes(i) })),
  };
  const proof = await bbs.deriveProof(derive);
  const { signature: _, verifySignature: __, ...head } = derive;
  const messages = Object.fromEntries(shownMap());
  return {
    sign: async () => (await bbs.sign({ ...common, secretKey })).length > 0,
    verify: async () => (await bbs.verify({ ...common, signature })).verified,
    prove: async () => (await bbs.deriveProof(derive)).length > 0,
    verifyProof: async () => (await bbs.verifyProof({ ...head, messages, proof })).verified,
  };
}

interface DockProof {
  verify(challenge: Uint8Array, key: object, params: object, encode: boolean, shown: object): { verified: boolean };
  challengeContribution(params: object, encode: boolean, shown: object): Uint8Array;
}
interface DockProtocol {
  challengeContribution(params: object, encode: boolean, shown: object): Uint8Array;
  generateProof(challenge: Uint8Array): DockProof;
}
interface DockSignature {
  verify(messages: Uint8Array[], key: object, params: object, encode: boolean): { verified: boolean };
}
interface Dock {
  initializeWasm(): Promise<void>;
  BBSSignatureParams: { generate(count: number, label: Uint8Array): object };
  BBSKeypair: { generate(params: object): { secretKey: object; publicKey: object } };
  BBSSignature: { generate(messages: Uint8Array[], key: object, params: object, encode: boolean): DockSignature };
  BBSPoKSignatureProtocol: {
    initialize(
      messages: Uint8Array[],
      signature: DockSignature,
      params: object,
      encode: boolean,
      blindings: Map<number, Uint8Array>,
      shown: Set<number>,
    ): DockProtocol;
  };
  bytesToChallenge(bytes: Uint8Array): Uint8Array;
}
async function dock(bbs: Dock): Promise<Suite> {
  await bbs.initializeWasm();
  const params = bbs.BBSSignatureParams.generate(MESSAGES.length, utf8ToBytes("bench"));
  const { secretKey, publicKey } = bbs.BBSKeypair.generate(params);
  const encode = true;
  const signature = bbs.BBSSignature.generate(MESSAGES, secretKey, params, encode);
  const shown = shownMap();
  const prove = (): DockProof => {
    const protocol = bbs.BBSPoKSignatureProtocol.initialize(
      MESSAGES,
      signature,
      params,
      encode,
      new Map(),
      new Set(SHOWN),
    );
    return protocol.generateProof(bbs.bytesToChallenge(protocol.challengeContribution(params, encode, shown)));
  };
  const proof = prove();
  return {
    sign: () => bbs.BBSSignature.generate(MESSAGES, secretKey, params, encode) !== undefined,
    verify: () => signature.verify(MESSAGES, publicKey, params, encode).verified,
    prove: () => prove() !== undefined,
    verifyProof: () => {
      const challenge = bbs.bytesToChallenge(proof.challengeContribution(params, encode, shown));
      return proof.verify(challenge, publicKey, params, encode, shown).verified;
    },
  };
}

interface Peer {
  name: string;
  version: string;
  open(module: never): Promise<Suite>;
}
const PEERS: readonly Peer[] = [
  { name: "@digitalbazaar/bbs-signatures", version: "3.0.0", open: digitalBazaar },
  { name: "@mattrglobal/pairing-crypto", version: "0.4.2", open: mattr },
  { name: "@docknetwork/crypto-wasm-ts", version: "0.67.0", open: dock },
];

// ---- installation

function installed(directory: string, { name, version }: Peer): boolean {
  try {
    const manifest = readFileSync(join(directory, "node_modules", name, "package.json"), "utf8");
    return (JSON.parse(manifest) as { version: string }).version === version;
  } catch {
    return false;
  }
}

/** Each peer has its own directory, because npm removes packages that it did not install there itself. */
async function install(directory: string, { name, version }: Peer): Promise<void> {
  mkdirSync(directory, { recursive: true });
  const flags = ["--no-save", "--no-audit", "--no-fund", "--ignore-scripts", "--fetch-retries=0", "--loglevel=error"];
  const npm = spawn("npm", ["install", ...flags, "--prefix", directory, `${name}@${version}`], {
    cwd: directory,
    stdio: "ignore",
    timeout: INSTALL_SECONDS * 1000,
  });
  await new Promise((done) => npm.once("close", done).once("error", done));
}

const directoryOf = ({ name }: Peer): string =>
  join(tmpdir(), "symbolon-bench-peers", name.replace(/\W+/g, "-").slice(1));

/** Installs the peers that this machine does not have yet. It takes some seconds, once. */
export async function installPeers(): Promise<void> {
  const missing = PEERS.filter((peer) => !installed(directoryOf(peer), peer));
  await Promise.all(missing.map((peer) => install(directoryOf(peer), peer)));
}

/** The peer's operations, or the reason why there are none. */
async function openPeer(peer: Peer): Promise<Suite | string> {
  const directory = directoryOf(peer);
  if (!installed(directory, peer)) return "not installed";
  try {
    // An import from the peer's own directory resolves ES modules and CommonJS alike, by the peer's own rules.
    const entry = join(directory, "load.mjs");
    writeFileSync(entry, `import * as peer from "${peer.name}";\nexport default peer.default ?? peer;\n`);
    const { default: module } = (await import(pathToFileURL(entry).href)) as { default: never };
    const suite = await peer.open(module);
    for (const operation of OPERATIONS)
      if (!(await suite[operation]())) throw new Error(`${operation}: it refuses its own result`);
    return suite;
  } catch (error) {
    return `does not run here: ${(error as Error).message.split("\n")[0]}`;
  }
}

// ---- the comparison

const checked =
  (suite: Suite, operation: Operation): (() => Promise<void>) =>
  async () => {
    if (!(await suite[operation]())) throw new Error(`${operation} failed in the middle of the bench`);
  };

async function run(context: BenchContext): Promise<Row[]> {
  const own = ours();
  const peers: { peer: Peer; suite: Suite | string }[] = [];
  for (const peer of PEERS) peers.push({ peer, suite: await openPeer(peer) });
  const running = peers.flatMap(({ suite }) => (typeof suite === "string" ? [] : [suite]));
  const rows: Row[] = [];
  for (const operation of OPERATIONS) {
    context.progress(TITLES[operation]);
    const isPublic = operation === "verifyProof";
    const suites = [isPublic ? own.edge : own.noble, ...running].map((suite) => checked(suite, operation));
    if (isPublic) suites.push(checked(own.noble, operation));
    const [ownSamples, ...peerSamples] = await inTurns(
      context.times(5, 60),
      suites,
      context.times(isPublic ? 10 : 1, 10),
    );
    rows.push(row(`${TITLES[operation]}: ours${isPublic ? ", mcl (edge)" : ""}`, ownSamples!));
    if (isPublic) rows.push(row(`${TITLES[operation]}: ours, noble (SDK)`, peerSamples.pop()!));
    for (const { peer, suite } of peers) {
      const name = `${TITLES[operation]}: ${peer.name} ${peer.version}`;
      if (typeof suite === "string") rows.push({ operation: name, unit: "ms", n: 0, note: suite });
      else {
        const taken = peerSamples.shift()!;
        rows.push({ ...row(name, taken), oursToPeer: summary(ownSamples!).p50 / summary(taken).p50 });
      }
    }
  }
  return rows;
}

export const peersBench: Bench = { name: "bbs", about: "our BBS and other implementations of BBS", run };
