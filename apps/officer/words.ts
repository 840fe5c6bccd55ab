// Words that all screens of the officer's app share, in three languages.

import { isolated, plural, wordsOf } from "../shared/language.ts";

const en = {
  name: "Decisions",
  sections: "Sections",
  back: "‹ All that waits",
  inbox: "Waiting",
  history: "Decided",
  passkeys: "Passkeys",
  keys: "Keys",
  version: "About",
  signOut: "Sign out",
  emergency: "Emergency",
  asks: {
    link: (who: string) => `${isolated(who)} asks for a patient's other visits`,
    trace: (who: string) => `${isolated(who)} asks who a patient is`,
    assemble: (who: string) => `${isolated(who)} asks for all visits of a named person`,
  },
  trustee: (n: number) => `Trustee ${n}`,
  yours: "yours",
  approved: "Approved",
  refused: "Refused",
  minutesLeft: plural("en", { one: "{n} minute left", other: "{n} minutes left" }),
  hoursLeft: plural("en", { one: "{n} hour left", other: "{n} hours left" }),
  daysLeft: plural("en", { one: "{n} day left", other: "{n} days left" }),
  ended: "The time is over",
  faults: {
    "credential-refused":
      "The trustee does not know this passkey, or no longer. Give the registration to your administrator, or use another passkey.",
    conflict: "Your trustee has already decided about this order in another way. Nothing was changed.",
    expired: "The time for this order is over. There is nothing more to decide.",
    "no-case": "This order is not among the orders of your trustee any more.",
    "not-found": "This order is not among the orders of your trustee any more.",
    "no-plan": "Your trustee knows no such plan. Ask the administrator to start it at your trustee, then try again.",
    "no-dossier": "The papers of this order were deleted, because its time is over.",
    "bad-order": "This order does not verify. Do not approve it. Tell your administrator.",
    "other-dossier": "The papers do not belong to this order. Do not approve it. Tell your administrator.",
    "other-review": "Your trustee shows another order than the signed one. Do not approve it. Tell your administrator.",
    "other-decision": "Your trustee answered with another decision than yours. Tell your administrator now.",
    "wrong-progress": "A decision of another trustee does not verify. Tell your administrator.",
    "order-not-logged": "The public log does not prove that it has this order. Wait a minute, then try again.",
    "bad-answer": "This text cannot be read. Ask for it again, and paste all of it.",
    "no-passkey": "No passkey was used. It must be one of the kind ES256.",
    "not-allowed-now": "This is not possible now. Look again in a minute.",
  } as Record<string, string>,
};
type Words = typeof en;

const de: Words = {
  name: "Entscheidungen",
  sections: "Bereiche",
  back: "‹ Alles, was wartet",
  inbox: "Wartet",
  history: "Entschieden",
  passkeys: "Passkeys",
  keys: "Schlüssel",
  version: "App",
  signOut: "Abmelden",
  emergency: "Notfall",
  asks: {
    link: (who) => `${isolated(who)} bittet um die anderen Besuche eines Patienten`,
    trace: (who) => `${isolated(who)} fragt, wer ein Patient ist`,
    assemble: (who) => `${isolated(who)} bittet um alle Besuche einer genannten Person`,
  },
  trustee: (n) => `Treuhänder ${n}`,
  yours: "Ihrer",
  approved: "Zugestimmt",
  refused: "Abgelehnt",
  minutesLeft: plural("de", { one: "noch {n} Minute", other: "noch {n} Minuten" }),
  hoursLeft: plural("de", { one: "noch {n} Stunde", other: "noch {n} Stunden" }),
  daysLeft: plural("de", { one: "noch {n} Tag", other: "noch {n} Tage" }),
  ended: "Die Zeit ist abgelaufen",
  faults: {
    "credential-refused":
      "Der Treuhänder kennt diesen Passkey nicht oder nicht mehr. Geben Sie die Anmeldung Ihrer Verwaltung, oder nehmen Sie einen anderen Passkey.",
    conflict: "Ihr Treuhänder hat über diese Anfrage schon anders entschieden. Es wurde nichts geändert.",
    expired: "Die Zeit für diese Anfrage ist abgelaufen. Es gibt nichts mehr zu entscheiden.",
    "no-case": "Diese Anfrage liegt bei Ihrem Treuhänder nicht mehr vor.",
    "not-found": "Diese Anfrage liegt bei Ihrem Treuhänder nicht mehr vor.",
    "no-plan":
      "Ihr Treuhänder kennt keinen solchen Plan. Bitten Sie die Verwaltung, ihn dort zu beginnen, und versuchen Sie es noch einmal.",
    "no-dossier": "Die Unterlagen dieser Anfrage wurden gelöscht, weil ihre Zeit abgelaufen ist.",
    "bad-order": "Diese Anfrage ist nicht echt. Stimmen Sie nicht zu. Sagen Sie es Ihrer Verwaltung.",
    "other-dossier":
      "Die Unterlagen gehören nicht zu dieser Anfrage. Stimmen Sie nicht zu. Sagen Sie es Ihrer Verwaltung.",
    "other-review":
      "Ihr Treuhänder zeigt eine andere Anfrage als die unterschriebene. Stimmen Sie nicht zu. Sagen Sie es Ihrer Verwaltung.",
    "other-decision":
      "Ihr Treuhänder antwortet mit einer anderen Entscheidung als Ihrer. Sagen Sie es sofort Ihrer Verwaltung.",
    "wrong-progress": "Die Entscheidung eines anderen Treuhänders ist nicht echt. Sagen Sie es Ihrer Verwaltung.",
    "order-not-logged":
      "Das öffentliche Verzeichnis belegt diese Anfrage noch nicht. Warten Sie eine Minute und versuchen Sie es noch einmal.",
    "bad-answer": "Dieser Text ist nicht lesbar. Bitten Sie noch einmal darum, und fügen Sie ihn ganz ein.",
    "no-passkey": "Es wurde kein Passkey benutzt. Er muss von der Art ES256 sein.",
    "not-allowed-now": "Das geht gerade nicht. Sehen Sie in einer Minute noch einmal nach.",
  },
};

const ar: Words = {
  name: "القرارات",
  sections: "الأقسام",
  back: "› كل ما ينتظر",
  inbox: "بانتظارك",
  history: "قراراتي",
  passkeys: "مفاتيح المرور",
  keys: "المفاتيح",
  version: "التطبيق",
  signOut: "تسجيل الخروج",
  emergency: "حالة طارئة",
  asks: {
    link: (who) => `${isolated(who)} يطلب الزيارات الأخرى لمريض`,
    trace: (who) => `${isolated(who)} يسأل من هو المريض`,
    assemble: (who) => `${isolated(who)} يطلب كل زيارات شخص مسمّى`,
  },
  trustee: (n) => `الأمين ${n}`,
  yours: "أمينك",
  approved: "موافقة",
  refused: "رفض",
  minutesLeft: plural("ar", {
    one: "بقيت دقيقة واحدة",
    two: "بقيت دقيقتان",
    few: "بقيت {n} دقائق",
    other: "بقيت {n} دقيقة",
  }),
  hoursLeft: plural("ar", {
    one: "بقيت ساعة واحدة",
    two: "بقيت ساعتان",
    few: "بقيت {n} ساعات",
    other: "بقيت {n} ساعة",
  }),
  daysLeft: plural("ar", { one: "بقي يوم واحد", two: "بقي يومان", few: "بقيت {n} أيام", other: "بقي {n} يومًا" }),
  ended: "انتهى الوقت",
  faults: {
    "credential-refused":
      "الأمين لا يعرف مفتاح المرور هذا أو لم يعد يعرفه. سلّم بيانات التسجيل إلى الإدارة أو استخدم مفتاحًا آخر.",
    conflict: "سبق أن قرر أمينك في هذا الطلب قرارًا آخر. لم يتغير شيء.",
    expired: "انتهى وقت هذا الطلب. لم يبق ما يُقرَّر.",
    "no-case": "لم يعد هذا الطلب لدى أمينك.",
    "not-found": "لم يعد هذا الطلب لدى أمينك.",
    "no-plan": "لا يعرف أمينك مثل هذه الخطة. اطلب من الإدارة أن تبدأها لديه ثم حاول مرة أخرى.",
    "no-dossier": "حُذفت أوراق هذا الطلب لأن وقته انتهى.",
    "bad-order": "هذا الطلب غير صحيح. لا توافق عليه. أخبر الإدارة.",
    "other-dossier": "الأوراق لا تخص هذا الطلب. لا توافق عليه. أخبر الإدارة.",
    "other-review": "يعرض أمينك طلبًا غير الطلب الموقّع. لا توافق عليه. أخبر الإدارة.",
    "other-decision": "أجاب أمينك بقرار غير قرارك. أخبر الإدارة الآن.",
    "wrong-progress": "قرار أمين آخر غير صحيح. أخبر الإدارة.",
    "order-not-logged": "السجل العام لا يثبت وجود هذا الطلب بعد. انتظر دقيقة ثم حاول مرة أخرى.",
    "bad-answer": "لا يمكن قراءة هذا النص. اطلبه مرة أخرى والصقه كاملًا.",
    "no-passkey": "لم يُستخدم مفتاح مرور. يجب أن يكون من نوع ES256.",
    "not-allowed-now": "هذا غير ممكن الآن. انظر مرة أخرى بعد دقيقة.",
  },
};

export const CATALOGUE = { en, de, ar };
export const words = wordsOf(CATALOGUE);

/** How long an order can still be decided. */
export function timeLeft(expiresAt: number, now: number): string {
  const seconds = expiresAt - now;
  const { minutesLeft, hoursLeft, daysLeft, ended } = words.value;
  if (seconds <= 0) return ended;
  if (seconds < 2 * 3600) return minutesLeft(Math.ceil(seconds / 60));
  return seconds < 2 * 86_400 ? hoursLeft(Math.floor(seconds / 3600)) : daysLeft(Math.floor(seconds / 86_400));
}
