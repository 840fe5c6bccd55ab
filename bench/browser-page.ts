// What the page of bench/browser.ts loads: the protocol as a wallet bundles it, with an issuer and a credential made on the spot.

import { type Credential, decodeIssuerParams, issue, receive, type WalletSecrets } from "../protocol/credential.ts";
import { requestEnrolment, requestRefresh, verifyContract, verifyRefresh } from "../protocol/enrolment.ts";
import { Presentation, present } from "../protocol/presentation.ts";
import { encodeG1, encodeG2, G, type G1, type G2, P2, randomScalar } from "../protocol/suite.ts";

const rng = (n: number): Uint8Array => crypto.getRandomValues(new Uint8Array(n));
const EPOCH = 682;
const PARAMS_HASH = rng(32);

interface Holder {
  params: ReturnType<typeof decodeIssuerParams>;
  secrets: WalletSecrets;
  credential: Credential;
}

export function newHolder(): Holder {
  const issuerSecret = randomScalar(rng);
  const key = (): Uint8Array => encodeG1(G.multiply(randomScalar(rng)) as G1);
  const params = decodeIssuerParams({
    issuerKey: encodeG2(P2.multiply(issuerSecret) as G2),
    traceKey: key(),
    linkKey: key(),
    attributes: [
      { name: "coverage", values: ["standard", "extended"] },
      { name: "age", values: ["child", "adult", "senior"] },
    ],
  });
  const [secrets, s] = [{ k: randomScalar(rng), z: randomScalar(rng) }, randomScalar(rng)];
  const about = { params, paramsHash: PARAMS_HASH, secrets, s };
  const contract = requestEnrolment({ ...about, identityCommitment: rng(32), nonce: rng(32) }, rng);
  const enrolled = verifyContract(params, contract);
  const asking = { nonce: rng(32), epoch: EPOCH, deviceKey: rng(32), paramsHash: PARAMS_HASH };
  if (!enrolled.ok) throw new Error("refused in the middle of the bench");
  const asked = verifyRefresh({ ...asking, ...enrolled }, requestRefresh({ ...asking, secrets, s }, rng));
  if (!asked.ok) throw new Error("refused in the middle of the bench");
  const issued = issue({
    params,
    issuerSecret,
    epoch: EPOCH,
    paramsHash: PARAMS_HASH,
    Cm: asked.Cm,
    attributeValues: ["extended", "adult"],
  });
  return { params, secrets, credential: receive({ ...about, epoch: EPOCH, issued }) };
}

/** Milliseconds each of so many proofs takes, encoded; every proof is of a slot of its own. */
export function prove({ params, secrets, credential }: Holder, count: number): number[] {
  const place = { tagEpoch: EPOCH, tagParamsHash: PARAMS_HASH, credentialParamsHash: PARAMS_HASH };
  return Array.from({ length: count }, (_, slot) => {
    const start = performance.now();
    const about = { params, credential, secrets, ...place, slot, shown: ["coverage"], context: rng(32) };
    Presentation.encode(present(about, rng));
    return performance.now() - start;
  });
}
