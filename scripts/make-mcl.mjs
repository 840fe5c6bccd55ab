// Writes gen/mcl.wasm, which Workers import as a compiled module. mcl-wasm ships its WebAssembly as base64 inside a script, and
// workerd refuses to compile bytes at run time. No binary file is committed. If gen/mcl.wasm is up to date, nothing happens.
//
// Binaryen inlines short functions: a multiplication in Fp2 calls the function for one row of a product eleven times three.
// This makes pairings a tenth faster, and the module a fifth larger. Inlining longer functions as well makes G1 slower.
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { fileURLToPath } from "node:url";

const INLINED_UP_TO = 200; // Binaryen's measure of a function: its expressions
const require = createRequire(import.meta.url);
const source = readFileSync(require.resolve("mcl-wasm/dist/mcl_c.js"), "utf8");
const base64 = /wasmBase64 = '([A-Za-z0-9+/=]+)'/.exec(source)?.[1];
if (!base64) throw new Error("mcl-wasm: there is no embedded WebAssembly in dist/mcl_c.js");

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
