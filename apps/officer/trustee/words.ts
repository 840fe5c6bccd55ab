// The words of the keys' screen and of a resharing, in three languages. Those of the digits are in apps/shared/trustees.

import { plural, wordsOf } from "../../shared/language.ts";

const en = {
  title: "The keys of the trustees",
  reading: "Asking every trustee for its keys. This takes two seconds as a rule.",
  noKeys: "No keys yet",
  noKeysMore:
    "Your trustee takes part when the administrator starts the making of the keys. Come back when it is done, and compare the digits by telephone.",
  ownSilent: "Your trustee does not answer",
  ownWrong: "Stop. Your trustee shows other keys",
  ownWrongMore:
    "Its answer does not fit the trustees that this app knows. Tell your administrator, and approve nothing until it is settled.",
  digits: "The digits of your trustee",
  seen: "What the other trustees' servers show",
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
  ownSilent: "Ihr Treuhänder antwortet nicht",
  ownWrong: "Halt. Ihr Treuhänder zeigt andere Schlüssel",
  ownWrongMore:
    "Seine Antwort passt nicht zu den Treuhändern, die diese App kennt. Sagen Sie es Ihrer Verwaltung, und stimmen Sie nichts zu, bis es geklärt ist.",
  digits: "Die Ziffern Ihres Treuhänders",
  seen: "Was die Server der anderen Treuhänder zeigen",
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
  ownSilent: "أمينك لا يجيب",
  ownWrong: "توقف. يعرض أمينك مفاتيح أخرى",
  ownWrongMore: "جوابه لا يطابق الأمناء الذين يعرفهم هذا التطبيق. أخبر الإدارة ولا توافق على شيء حتى يُحل الأمر.",
  digits: "أرقام أمينك",
  seen: "ما تعرضه خوادم الأمناء الآخرين",
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
