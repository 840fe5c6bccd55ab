// The WebAssembly of mcl-wasm (herumi/mcl compiled for BLS12-381), called through its C interface (mcl/bn.h). The
// package's own script is not used: it compiles bytes at run time, which workerd forbids, and it contains the bytes
// once more.
//
// Elements live in JavaScript as copies of mcl's own form (Montgomery limbs, points in Jacobian coordinates). For each
// call they are copied into one block of WebAssembly memory, so nothing must be freed and nothing leaks. A copy takes
// well below 1 µs.

/** bytes of an element of Fp */
export const FP = 48;
/** bytes of a scalar */
export const FR = 32;
const SCALAR_WORDS = 4;
const BLS12_381 = 5;
/** MCLBN_COMPILED_TIME_VAR: 10 · words of Fr + words of Fp */
const COMPILED_FOR = 46;
/** MCL_MAP_TO_MODE_HASH_TO_CURVE_07: RFC 9380 */
const HASH_TO_CURVE = 5;

type Call = (...args: number[]) => number;
type Name =
  | `mclBnG${1 | 2}_${"deserialize" | "serialize" | "isZero" | "isEqual" | "neg" | "add" | "mul" | "mulVec"}`
  | `mclBnG${1 | 2}_${"dbl" | "sub" | "normalize" | "normalizeVec" | "clear" | "hashAndMapToWithDst"}`
  | `mclBnGT_${"deserialize" | "serialize" | "isOne" | "isEqual" | "inv" | "mul" | "sqr" | "pow" | "powVec" | "setInt32"}`
  | `mclBnFp_${"add" | "sub" | "neg" | "mul" | "serialize" | "deserialize" | "setInt32"}`
  | `mclBnFp2_${"add" | "sub" | "mul" | "sqr"}`
  | "mclBnFr_setLittleEndian"
  | `mclBn_${"init" | "setETHserialization" | "setMapToMode" | "verifyOrderG1" | "verifyOrderG2"}`
  | `mclBn_${"pairing" | "millerLoop" | "finalExp" | "precomputeG2" | "precomputedMillerLoop" | "precomputedMillerLoop2"}`
  | "mclBn_getUint64NumToPrecompute"
  | "malloc"
  | "free"
  | "__wasm_call_ctors";

/** One instance of the module, with one block of working memory. @throws Error if mcl cannot be initialised */
export class Mcl {
  readonly call: Record<Name, Call>;
  readonly #memory: WebAssembly.Memory;
  #view: DataView;
  #bytes: Uint8Array;
  #block = 0;
  #blockBytes = 0;
  #used = 0;

  constructor(module: WebAssembly.Module) {
    this.#memory = new WebAssembly.Memory({ initial: 32 });
    const instance = new WebAssembly.Instance(module, { env: { memory: this.#memory } });
    this.call = instance.exports as unknown as Record<Name, Call>;
    this.#view = new DataView(this.#memory.buffer);
    this.#bytes = new Uint8Array(this.#memory.buffer);
    this.call.__wasm_call_ctors();
    if (this.call.mclBn_init(BLS12_381, COMPILED_FOR) !== 0) throw new Error("mcl: initialisation failed");
    this.call.mclBn_setETHserialization(1); // ZCash form of points, big-endian
    this.call.mclBn_verifyOrderG1(0); // mcl-points.ts tests the order
    this.call.mclBn_verifyOrderG2(0);
    if (this.call.mclBn_setMapToMode(HASH_TO_CURVE) !== 0) throw new Error("mcl: RFC 9380 hashing is not available");
  }

  /**
   * Starts a computation that needs at most `bytes` of working memory. It discards the working memory of the
   * computation before.
   */
  begin(bytes: number): void {
    if (bytes > this.#blockBytes) {
      this.call.free(this.#block);
      this.#block = this.call.malloc(bytes);
      if (this.#block === 0) throw new Error(`mcl: cannot allocate ${bytes} bytes`);
      this.#blockBytes = bytes;
    }
    this.#used = 0;
    this.#refresh();
  }

  /** Reserves room for a result, and returns its address. @throws RangeError if `begin` announced too few bytes */
  room(bytes: number): number {
    if (this.#used + bytes > this.#blockBytes) throw new RangeError("mcl: begin() announced too little working memory");
    const at = this.#block + this.#used;
    this.#used += (bytes + 15) & ~15;
    return at;
  }

  /** Copies bytes into working memory, and returns their address. */
  put(bytes: Uint8Array): number {
    const at = this.room(bytes.length);
    this.#bytes.set(bytes, at);
    return at;
  }

  /** Copies items of equal length contiguously, as one of mcl's arrays. */
  putAll(items: readonly Uint8Array[]): number {
    const size = items[0]!.length;
    const at = this.room(size * items.length);
    items.forEach((item, i) => {
      this.#bytes.set(item, at + size * i);
    });
    return at;
  }

  /** Copies scalars in [0, r) as one of mcl's arrays, in mcl's form. */
  putScalars(scalars: readonly bigint[]): number {
    const at = this.room(FR * scalars.length);
    const words = this.room(FR);
    scalars.forEach((s, i) => {
      for (let w = 0; w < SCALAR_WORDS; w++)
        this.#view.setBigUint64(words + 8 * w, BigInt.asUintN(64, s >> BigInt(64 * w)), true);
      this.call.mclBnFr_setLittleEndian(at + FR * i, words, FR);
    });
    return at;
  }

  /** Copies bytes into memory of their own, which is never freed. */
  keep(bytes: Uint8Array): number {
    const at = this.call.malloc(bytes.length);
    if (at === 0) throw new Error(`mcl: cannot allocate ${bytes.length} bytes`);
    this.#refresh();
    this.#bytes.set(bytes, at);
    return at;
  }

  /** Copies bytes within WebAssembly memory. */
  copy(to: number, from: number, bytes: number): void {
    this.#bytes.copyWithin(to, from, from + bytes);
  }

  /** A copy of bytes in WebAssembly memory. */
  get(at: number, bytes: number): Uint8Array {
    this.#refresh();
    return this.#bytes.slice(at, at + bytes);
  }

  /** Overwrites the used working memory with zeros. */
  wipe(): void {
    this.#refresh();
    this.#bytes.fill(0, this.#block, this.#block + this.#used);
  }

  /** When the memory grows, it gets a new buffer. */
  #refresh(): void {
    if (this.#bytes.buffer === this.#memory.buffer) return;
    this.#view = new DataView(this.#memory.buffer);
    this.#bytes = new Uint8Array(this.#memory.buffer);
  }
}
