// Makes an issuer and a wallet that holds its credential, with fresh keys. The benches of the protocol core use them, in Node,
// in a Worker and in a page. So this file uses nothing of Node.

import { type Credential, decodeIssuerParams, issue, receive, type WalletSecrets } from "../protocol/credential.ts";
import { type Contract, IssuedCredential } from "../protocol/documents.ts";
import { requestEnrolment, requestRefresh, verifyContract, verifyRefresh } from "../protocol/enrolment.ts";
import { Presentation, present } from "../protocol/presentation.ts";
import { encodeG1, encodeG2, G, type G1, type G2, P2, randomScalar, type Scalar } from "../protocol/suite.ts";

export const rng = (n: number): Uint8Array => crypto.getRandomValues(new Uint8Array(n));
export const EPOCH = 682;
/** A constant, because workerd gives no randomness to a module while it loads. */
export const PARAMS_HASH = new Uint8Array(32).fill(7);

export function accepted(ok: boolean): asserts ok {
  if (!ok) throw new Error("refused in the middle of the bench");
}

interface Registry {
  issuerSecret: Scalar;
  params: ReturnType<typeof decodeIssuerParams>;
}
type Attribute = { name: string; values: string[] };
const ATTRIBUTES: readonly Attribute[] = [
  { name: "coverage", values: ["standard", "extended"] },
  { name: "age", values: ["child", "adult", "senior"] },
];
/** A registrar's keys; `more` are attributes of its credentials besides coverage and age. */
export function registry(more: readonly Attribute[] = []): Registry {
  const issuerSecret = randomScalar(rng);
  const key = (): Uint8Array => encodeG1(G.multiply(randomScalar(rng)) as G1);
  const params = decodeIssuerParams({
    issuerKey: encodeG2(P2.multiply(issuerSecret) as G2),
    traceKey: key(),
    linkKey: key(),
    attributes: [...ATTRIBUTES, ...more],
  });
  return { issuerSecret, params };
}

export const newSecrets = (): WalletSecrets => ({ k: randomScalar(rng), z: randomScalar(rng) });

export function enrolmentOf({ params }: Registry, secrets: WalletSecrets): Contract {
  const about = { params, identityCommitment: rng(32), paramsHash: PARAMS_HASH, nonce: rng(32) };
  const first = { generation: 0, salt: rng(32), previous: undefined };
  return requestEnrolment({ ...about, ...first, secrets, s: randomScalar(rng) }, rng);
}

/** A refresh as the registrar receives it: the enrolled handles R and V, and a proof for this epoch. */
export function refresh(r: Registry) {
  const secrets = newSecrets();
  const s = randomScalar(rng);
  const enrolled = verifyContract(r.params, enrolmentOf(r, secrets));
  accepted(enrolled.ok);
  const context = { nonce: rng(32), epoch: EPOCH, deviceKey: rng(32), paramsHash: PARAMS_HASH };
  const request = requestRefresh({ ...context, secrets, s }, rng);
  return { secrets, s, request, context: { ...context, R: enrolled.R, V: enrolled.V } };
}

export function issueFor({ params, issuerSecret }: Registry, { request, context }: ReturnType<typeof refresh>) {
  const checked = verifyRefresh(context, request);
  accepted(checked.ok);
  const about = { params, issuerSecret, epoch: EPOCH, paramsHash: PARAMS_HASH };
  const attributeValues = ["extended", "adult", ...params.attributes.slice(ATTRIBUTES.length).map(() => "")];
  return IssuedCredential.encode(issue({ ...about, Cm: checked.Cm, attributeValues, rng }));
}

export interface Holder {
  registry: Registry;
  secrets: WalletSecrets;
  credential: Credential;
}
export function newHolder(r = registry()): Holder {
  const asked = refresh(r);
  const issued = IssuedCredential.decode(issueFor(r, asked));
  const { secrets, s } = asked;
  const about = { params: r.params, issued, epoch: EPOCH, paramsHash: PARAMS_HASH };
  return { registry: r, secrets, credential: receive({ ...about, secrets, s }) };
}

export interface Shown {
  context: Uint8Array;
  bytes: Uint8Array;
}
/** A presentation as it is sent, with 1 of the attributes shown. */
export function show({ registry: { params }, secrets, credential }: Holder, slot: number): Shown {
  const context = rng(32);
  const place = { tagEpoch: EPOCH, slot, tagParamsHash: PARAMS_HASH, credentialParamsHash: PARAMS_HASH };
  const presentation = present({ params, credential, secrets, ...place, shown: ["coverage"], context }, rng);
  return { context, bytes: Presentation.encode(presentation) };
}
