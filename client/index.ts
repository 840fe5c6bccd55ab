// The one public door of the SDK within this repository. The package `symbolon` has a door per role (client/doors/), which
// applications import as symbolon/wallet, symbolon/clinic and so on. This file joins the doors of all roles.
//
//   Wallet      the patient's phone            Clinic     a clinic that patients check in at
//   Requester   asks to open records           Officer    decides for one trustee
//   Operator    runs a deployment              LogMonitor checks the transparency log
//
// Importing this file has no side effects, so a bundler drops the doors that an application does not use.
// Every error is a SymbolonError with a stable code (client/errors.ts).

export * from "./doors/builds.ts";
export * from "./doors/clinic.ts";
export * from "./doors/officer.ts";
export * from "./doors/operator.ts";
export * from "./doors/requester.ts";
export * from "./doors/share.ts";
export * from "./doors/spoken.ts";
export * from "./doors/wallet.ts";
