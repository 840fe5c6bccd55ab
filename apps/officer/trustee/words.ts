// The words of the trustee's keys and of a resharing, in three languages.

import { plural, wordsOf } from "../../shared/language.ts";

const en = {
  title: "The keys of the trustees",
  reading: "Asking every trustee for its keys. This takes two seconds as a rule.",
  noKeys: "No keys yet",
  noKeysMore:
    "Your trustee takes part when the administrator starts the making of the keys. Come back when it is done, and compare the digits below by telephone.",
  holds: (threshold: string, of: string) =>
    `Any ${threshold} of ${of} trustees together can open something. Fewer can open nothing.`,
  handed: plural("en", {
    one: "The keys were handed on {n} time.",
    other: "The keys were handed on {n} times.",
  }),
  first: "The keys have not been handed on since they were made.",
  digits: "The digits of your trustee",
  aloud:
    "Telephone an officer of every other trustee whom you know by voice. One reads the twelve groups, the other follows. If all agree, all hold parts of the same keys.",
  differ: "If a group differs, stop. Tell your administrator, and approve nothing until it is settled.",
  seen: "What the other trustees' servers show",
  same: "the same digits",
  other: "other digits",
  empty: "no keys yet",
  silent: "no answer",
  notVoice: "A server can lie to your screen. The voice of a person is harder to copy.",
  moveTitle: "Handing the keys on",
  moveMore:
    "When trustees come or go, the present ones hand their parts on. Your trustee does it only if you approve the plan. The administrator gives you its text.",
  paste: "The text of the plan",
  read: "Read the plan",
  readingPlan: "Reading the plan.",
  plan: "The plan",
  dealers: "These trustees hand their parts on",
  committee: "These trustees hold the keys afterwards",
  stays: "stays",
  comes: "new, compare its letter",
  needs: (threshold: string, of: string) => `Afterwards any ${threshold} of ${of} together can open something.`,
  generation: plural("en", { one: "Handed on {n} time before", other: "Handed on {n} times before" }),
  never: "Never handed on before",
  notYours: "Your trustee hands nothing on in this plan, so you have nothing to approve.",
  planDigits: "The digits of the plan",
  planAloud: "Compare them with the officers of the other trustees that hand on, before you approve.",
  compared: "I compared the digits by voice, and they agree",
  approve: "Approve the plan",
  approving: "Approving. Your device asks for your passkey.",
  approvedWord: "You approved the plan",
  approvedMore: "The administrator can go on now. Look here again when it is done: the digits above change then.",
};
type Words = typeof en;

const de: Words = {
  title: "Die Schlüssel der Treuhänder",
  reading: "Alle Treuhänder werden nach ihren Schlüsseln gefragt. Das dauert meist zwei Sekunden.",
  noKeys: "Noch keine Schlüssel",
  noKeysMore:
    "Ihr Treuhänder macht mit, wenn die Verwaltung die Schlüssel machen lässt. Kommen Sie danach wieder, und vergleichen Sie die Ziffern am Telefon.",
  holds: (threshold, of) =>
    `Je ${threshold} von ${of} Treuhändern zusammen können etwas öffnen. Weniger können nichts öffnen.`,
  handed: plural("de", {
    one: "Die Schlüssel wurden {n} Mal weitergegeben.",
    other: "Die Schlüssel wurden {n} Mal weitergegeben.",
  }),
  first: "Die Schlüssel wurden noch nie weitergegeben.",
  digits: "Die Ziffern Ihres Treuhänders",
  aloud:
    "Rufen Sie von jedem anderen Treuhänder jemanden an, dessen Stimme Sie kennen. Eine Person liest die zwölf Gruppen vor, die andere liest mit. Wenn alles stimmt, halten alle Teile derselben Schlüssel.",
  differ:
    "Wenn eine Gruppe anders ist, hören Sie auf. Sagen Sie es der Verwaltung, und stimmen Sie nichts zu, bis es geklärt ist.",
  seen: "Was die Server der anderen Treuhänder zeigen",
  same: "dieselben Ziffern",
  other: "andere Ziffern",
  empty: "noch keine Schlüssel",
  silent: "keine Antwort",
  notVoice: "Ein Server kann Ihrem Bildschirm etwas vormachen. Eine Stimme ist schwerer nachzumachen.",
  moveTitle: "Schlüssel weitergeben",
  moveMore:
    "Wenn Treuhänder kommen oder gehen, geben die jetzigen ihre Teile weiter. Ihr Treuhänder tut es nur, wenn Sie dem Plan zustimmen. Den Text gibt Ihnen die Verwaltung.",
  paste: "Der Text des Plans",
  read: "Plan lesen",
  readingPlan: "Der Plan wird gelesen.",
  plan: "Der Plan",
  dealers: "Diese Treuhänder geben ihre Teile weiter",
  committee: "Diese Treuhänder halten danach die Schlüssel",
  stays: "bleibt",
  comes: "neu, vergleichen Sie seinen Brief",
  needs: (threshold, of) => `Danach können je ${threshold} von ${of} zusammen etwas öffnen.`,
  generation: plural("de", { one: "Schon {n} Mal weitergegeben", other: "Schon {n} Mal weitergegeben" }),
  never: "Noch nie weitergegeben",
  notYours: "Ihr Treuhänder gibt in diesem Plan nichts weiter. Sie haben nichts zuzustimmen.",
  planDigits: "Die Ziffern des Plans",
  planAloud: "Vergleichen Sie sie mit den Beauftragten der anderen, die weitergeben, bevor Sie zustimmen.",
  compared: "Ich habe die Ziffern mündlich verglichen, und sie stimmen",
  approve: "Dem Plan zustimmen",
  approving: "Die Zustimmung wird gegeben. Ihr Gerät fragt nach Ihrem Passkey.",
  approvedWord: "Sie haben dem Plan zugestimmt",
  approvedMore: "Die Verwaltung kann nun weitermachen. Sehen Sie danach hier nach: Die Ziffern oben ändern sich dann.",
};

const ar: Words = {
  title: "مفاتيح الأمناء",
  reading: "نسأل كل أمين عن مفاتيحه. يستغرق ذلك ثانيتين عادة.",
  noKeys: "لا مفاتيح بعد",
  noKeysMore: "يشارك أمينك عندما تبدأ الإدارة صنع المفاتيح. عد بعد ذلك وقارن الأرقام بالهاتف.",
  holds: (threshold, of) => `أي ${threshold} من ${of} أمناء معًا يستطيعون الفتح. أقل من ذلك لا يفتح شيئًا.`,
  handed: plural("ar", {
    one: "نُقلت المفاتيح مرة واحدة.",
    two: "نُقلت المفاتيح مرتين.",
    few: "نُقلت المفاتيح {n} مرات.",
    other: "نُقلت المفاتيح {n} مرة.",
  }),
  first: "لم تُنقل المفاتيح منذ صنعها.",
  digits: "أرقام أمينك",
  aloud:
    "اتصل بمسؤول لدى كل أمين آخر تعرف صوته. يقرأ أحدكما المجموعات الاثنتي عشرة ويتابع الآخر. إذا تطابقت فالجميع يحمل أجزاء المفاتيح نفسها.",
  differ: "إذا اختلفت مجموعة فتوقف. أخبر الإدارة ولا توافق على شيء حتى يُحل الأمر.",
  seen: "ما تعرضه خوادم الأمناء الآخرين",
  same: "الأرقام نفسها",
  other: "أرقام أخرى",
  empty: "لا مفاتيح بعد",
  silent: "لا جواب",
  notVoice: "قد يكذب خادم على شاشتك. صوت الإنسان أصعب تقليدًا.",
  moveTitle: "نقل المفاتيح",
  moveMore:
    "عندما يأتي أمناء أو يذهبون ينقل الحاليون أجزاءهم. لا يفعل أمينك ذلك إلا إذا وافقت على الخطة. تعطيك الإدارة نصها.",
  paste: "نص الخطة",
  read: "اقرأ الخطة",
  readingPlan: "نقرأ الخطة.",
  plan: "الخطة",
  dealers: "هؤلاء الأمناء ينقلون أجزاءهم",
  committee: "هؤلاء الأمناء يحملون المفاتيح بعد ذلك",
  stays: "يبقى",
  comes: "جديد، قارن رسالته",
  needs: (threshold, of) => `بعد ذلك أي ${threshold} من ${of} معًا يستطيعون الفتح.`,
  generation: plural("ar", {
    one: "نُقلت مرة من قبل",
    two: "نُقلت مرتين من قبل",
    few: "نُقلت {n} مرات من قبل",
    other: "نُقلت {n} مرة من قبل",
  }),
  never: "لم تُنقل من قبل",
  notYours: "أمينك لا ينقل شيئًا في هذه الخطة، فلا شيء توافق عليه.",
  planDigits: "أرقام الخطة",
  planAloud: "قارنها مع مسؤولي الأمناء الآخرين الناقلين قبل أن توافق.",
  compared: "قارنتُ الأرقام بالصوت وهي متطابقة",
  approve: "وافق على الخطة",
  approving: "جارٍ إعطاء الموافقة. جهازك يطلب مفتاح مرورك.",
  approvedWord: "وافقت على الخطة",
  approvedMore: "تستطيع الإدارة المتابعة الآن. انظر هنا بعد ذلك: تتغير الأرقام أعلاه.",
};

export const CATALOGUE = { en, de, ar };
export const words = wordsOf(CATALOGUE);
