// mcl-wasm ships its WebAssembly as base64 inside a script, and workerd refuses to compile bytes at run time: this writes
// the same bytes to gen/mcl.wasm, which Workers import as a compiled module. Nothing binary is committed. Idempotent.
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { fileURLToPath } from "node:url";

const source = readFileSync(createRequire(import.meta.url).resolve("mcl-wasm/dist/mcl_c.js"), "utf8");
const base64 = /wasmBase64 = '([A-Za-z0-9+/=]+)'/.exec(source)?.[1];
if (!base64) throw new Error("mcl-wasm: embedded WebAssembly not found");
const bytes = Buffer.from(base64, "base64");
const dir = fileURLToPath(new URL("../gen/", import.meta.url));
const file = `${dir}mcl.wasm`;
if (!existsSync(file) || !readFileSync(file).equals(bytes)) {
  mkdirSync(dir, { recursive: true });
  writeFileSync(file, bytes);
}
