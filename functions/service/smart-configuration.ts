// Where clients find the token endpoint and its abilities.
//
//   GET /.well-known/smart-configuration         SMART App Launch 2.2. Without `issuer`, which the guide keeps for servers
//                                                with OpenID Connect
//   GET /.well-known/oauth-authorization-server  RFC 8414
//   GET /.well-known/openid-configuration        the same document: OAuth libraries look here by default. This service
//                                                issues no id tokens

import { TOKENS } from "../../api/service/tokens.ts";
import type { ServiceEnv } from "../shared/env.ts";
import type { RoleApp } from "../shared/http.ts";
import { serve } from "../shared/serve.ts";
import { issuerOf, tokenEndpointOf } from "./client-assertion.ts";
import { ALGORITHMS } from "./jwks.ts";
import { SCOPES_SUPPORTED } from "./scopes.ts";

const CACHE = { "cache-control": "public, max-age=300" };

const common = (env: ServiceEnv) => ({
  token_endpoint: tokenEndpointOf(env),
  grant_types_supported: ["client_credentials"],
  token_endpoint_auth_methods_supported: ["private_key_jwt"],
  token_endpoint_auth_signing_alg_values_supported: ALGORITHMS,
  scopes_supported: SCOPES_SUPPORTED,
  // The guide requires the member of every server. There is no authorisation endpoint that could use it.
  code_challenge_methods_supported: ["S256"],
});

const oauth = (env: ServiceEnv) => ({ issuer: issuerOf(env), ...common(env), response_types_supported: [] });

export function registerSmartConfiguration(app: RoleApp<ServiceEnv>): void {
  serve(app, TOKENS.readSmartConfiguration, (c) => {
    const capabilities = ["client-confidential-asymmetric", "permission-v1", "permission-v2"];
    return c.json({ ...common(c.env), capabilities }, 200, CACHE);
  });
  serve(app, TOKENS.readAuthorizationServer, (c) => c.json(oauth(c.env), 200, CACHE));
  serve(app, TOKENS.readOpenIdConfiguration, (c) => c.json(oauth(c.env), 200, CACHE));
}
