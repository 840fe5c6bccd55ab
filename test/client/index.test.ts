// The door of the SDK: a browser wallet that imports from it gets no code of clinic, requester, officer or operator.

import { build } from "esbuild";
import { expect, it } from "vitest";

/** A class of another door that a bundler kept would weigh more. Small constants may remain. */
const KEPT_BYTES = 200;

it("lets a bundler drop the doors that an application does not use", async () => {
  const { metafile } = await build({
    stdin: {
      contents: 'export { Wallet, systemTransport } from "./client/index.ts";',
      resolveDir: process.cwd(),
      loader: "ts",
    },
    bundle: true,
    minify: true,
    format: "esm",
    platform: "browser",
    write: false,
    metafile: true,
  });
  const [output] = Object.values(metafile.outputs);
  const kept = Object.entries(output!.inputs).filter(
    ([file, { bytesInOutput }]) =>
      /client\/(clinic|requester|officer|operator)/.test(file) &&
      !file.endsWith("clinic/chain.ts") && // the wallet checks chains too
      bytesInOutput > KEPT_BYTES,
  );
  expect(kept).toEqual([]);
});
