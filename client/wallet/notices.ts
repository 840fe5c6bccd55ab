// Who opened my records? The wallet walks the transparency log and finds, without telling anybody who it is, every case
// that touched it: for each notice it computes κ = e(G, z·H_n(case id)) and compares HMAC(κ, case id) with the entry.

import { xchacha20poly1305 } from "@noble/ciphers/chacha.js";
import { bytesToHex, equalBytes } from "../../protocol/bytes.ts";
import type { NoticeContent } from "../../protocol/case-documents.ts";
import { LogEntry } from "../../protocol/documents.ts";
import { noticeKey, noticeMac, walletKappa } from "../../protocol/opening.ts";
import { fromBase64 } from "../encoding.ts";
import { apiJson } from "../transport.ts";
import { holderSecrets } from "../wallet-keys.ts";
import type { WalletContext } from "./context.ts";

export interface FoundNotice {
  logIndex: number;
  at: number;
  content: NoticeContent;
  generation: number;
}
