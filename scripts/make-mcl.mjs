// Writes gen/mcl.wasm, which Workers import as a compiled module. mcl-wasm ships its WebAssembly as base64 inside a script,
// and workerd refuses to compile bytes at run time. Nothing binary is committed. Idempotent.
//
// On the way Binaryen puts short functions into those that call them: a multiplication in Fp2 calls a row of a product
// eleven times three. That makes pairings a tenth faster, and the module a fifth larger. Longer ones inlined slow G1 down.
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { fileURLToPath } from "node:url";

const INLINED_UP_TO = 200; // Binaryen's measure: expressions
const require = createRequire(import.meta.url);
const source = readFileSync(require.resolve("mcl-wasm/dist/mcl_c.js"), "utf8");
const base64 = /wasmBase64 = '([A-Za-z0-9+/=]+)'/.exec(source)?.[1];
if (!base64) throw new Error("mcl-wasm: embedded WebAssembly not found");

const dir = fileURLToPath(new URL("../gen/", import.meta.url));
const [file, stampFile] = [`${dir}mcl.wasm`, `${dir}mcl.made-from`];
const { version } = JSON.parse(readFileSync(new URL("../node_modules/binaryen/package.json", import.meta.url), "utf8"));
const stamp = createHash("sha256").update(`${base64} ${version} ${INLINED_UP_TO}`).digest("hex");
if (!existsSync(file) || !existsSync(stampFile) || readFileSync(stampFile, "utf8") !== stamp) {
  const { default: binaryen } = await import("binaryen");
  const module = binaryen.readBinary(Buffer.from(base64, "base64"));
  binaryen.setOptimizeLevel(3);
  binaryen.setShrinkLevel(0);
  binaryen.setAllowInliningFunctionsWithLoops(true);
  binaryen.setAlwaysInlineMaxSize(INLINED_UP_TO);
  binaryen.setFlexibleInlineMaxSize(INLINED_UP_TO);
  module.optimize();
  mkdirSync(dir, { recursive: true });
  writeFileSync(file, module.emitBinary());
  writeFileSync(stampFile, stamp);
}
