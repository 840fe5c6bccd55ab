// The words of the trustees' keys, for officers and for the registrar's desk, in three languages.

import { plural, wordsOf } from "../language.ts";

const en = {
  holds: (threshold: string, of: string) =>
    `Any ${threshold} of ${of} trustees together can open something. Fewer can open nothing.`,
  handed: plural("en", {
    one: "The keys were handed on {n} time.",
    other: "The keys were handed on {n} times.",
  }),
  first: "The keys have not been handed on since they were made.",
  aloud:
    "An officer of each trustee reads the twelve groups of their own screen aloud. They do it on the telephone, to people who know their voice.",
  alsoNumber: (threshold: string) =>
    `They also say how many trustees must agree: ${threshold}. If all of it agrees, all hold parts of the same keys.`,
  differ:
    "If a group or the number differs, stop. Tell the administrator of each trustee, and approve nothing until it is settled.",
  held: "holds keys",
  same: "the same digits",
  other: "other digits",
  none: "no keys yet",
  silent: "no answer",
  wrong: "its answer does not fit the trustees that this app knows",
  notVoice: "A server can lie to your screen. The voice of a person is harder to copy.",
};
type Words = typeof en;

const de: Words = {
  holds: (threshold, of) =>
    `Je ${threshold} von ${of} Treuhändern zusammen können etwas öffnen. Weniger können nichts öffnen.`,
  handed: plural("de", {
    one: "Die Schlüssel wurden {n} Mal weitergegeben.",
    other: "Die Schlüssel wurden {n} Mal weitergegeben.",
  }),
  first: "Die Schlüssel wurden noch nie weitergegeben.",
  aloud:
    "Von jedem Treuhänder liest jemand die zwölf Gruppen vom eigenen Bildschirm laut vor. Das geschieht am Telefon, vor Leuten, die die Stimme kennen.",
  alsoNumber: (threshold) =>
    `Sagen Sie dabei auch, wie viele zustimmen müssen: ${threshold}. Wenn alles stimmt, halten alle Teile derselben Schlüssel.`,
  differ:
    "Wenn eine Gruppe oder die Zahl anders ist, hören Sie auf. Sagen Sie es der Verwaltung jedes Treuhänders, und stimmen Sie nichts zu, bis es geklärt ist.",
  held: "hält Schlüssel",
  same: "dieselben Ziffern",
  other: "andere Ziffern",
  none: "noch keine Schlüssel",
  silent: "keine Antwort",
  wrong: "seine Antwort passt nicht zu den Treuhändern, die diese App kennt",
  notVoice: "Ein Server kann Ihrem Bildschirm etwas vormachen. Eine Stimme ist schwerer nachzumachen.",
};

const ar: Words = {
  holds: (threshold, of) => `أي ${threshold} من ${of} أمناء معًا يستطيعون الفتح. أقل من ذلك لا يفتح شيئًا.`,
  handed: plural("ar", {
    one: "نُقلت المفاتيح مرة واحدة.",
    two: "نُقلت المفاتيح مرتين.",
    few: "نُقلت المفاتيح {n} مرات.",
    other: "نُقلت المفاتيح {n} مرة.",
  }),
  first: "لم تُنقل المفاتيح منذ صنعها.",
  aloud: "يقرأ مسؤول لدى كل أمين المجموعات الاثنتي عشرة من شاشته بصوت مسموع. يفعل ذلك بالهاتف لمن يعرف صوته.",
  alsoNumber: (threshold) =>
    `ويقول أيضًا كم أمينًا يجب أن يوافق: ${threshold}. إذا تطابق كل شيء فالجميع يحمل أجزاء المفاتيح نفسها.`,
  differ: "إذا اختلفت مجموعة أو اختلف العدد فتوقف. أخبر إدارة كل أمين ولا توافق على شيء حتى يُحل الأمر.",
  held: "يحمل مفاتيح",
  same: "الأرقام نفسها",
  other: "أرقام أخرى",
  none: "لا مفاتيح بعد",
  silent: "لا جواب",
  wrong: "جوابه لا يطابق الأمناء الذين يعرفهم هذا التطبيق",
  notVoice: "قد يكذب خادم على شاشتك. صوت الإنسان أصعب تقليدًا.",
};

export const CATALOGUE = { en, de, ar };
export const words = wordsOf(CATALOGUE);
