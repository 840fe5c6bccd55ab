// The words of "My clinics", in three languages.

import { plural, wordsOf } from "../../shared/language.ts";

const en = {
  title: "My clinics",
  loading: "Looking up your clinics …",
  none: "No clinics yet",
  noneText: "After your first visit the clinic stands here.",
  intro:
    "At each visit a clinic sees a new name. It does not know that you were there before, unless you tell it here.",
  count: plural("en", { one: "One visit", other: "{n} visits" }),
  alone: "This clinic does not know which visits are yours.",
  known: (day: string) => `This clinic may know you again, since ${day}.`,
  stopped: "You told this clinic before. It still knows the visits that are marked below. New visits stand alone.",
  letKnow: "Let this clinic know me again",
  letKnowText:
    "The clinic learns a mark of yours at this visit and at each later one. So it sees that these visits belong together. It does not learn your name. No other clinic can use the mark.",
  cannotUndo: "Once sent, it cannot be called back.",
  soon: "The clinic will be told in a few seconds.",
  telling: "Telling the clinic …",
  told: "The clinic was told",
  toldText: "Its next answer may already show that it knows you.",
  stop: "Do not tell it any more",
  stopping: "One moment …",
  stopText:
    "If you stop, your next visits there stand alone again. The clinic keeps what it knows of the earlier ones. You can ask it to erase records, in the messages of a visit.",
  join: "Tell it in this visit too",
  marked: "known as yours",
  notMarked: "stands alone",
  noChannel: "To tell this clinic, you need a visit that this phone made itself.",
  newPhone: "A new phone has a new mark. A clinic that knew you takes you for somebody new until you tell it again.",
  write: "Messages of this visit",
};
type Words = typeof en;

const de: Words = {
  title: "Meine Praxen",
  loading: "Ihre Praxen werden nachgesehen …",
  none: "Noch keine Praxen",
  noneText: "Nach Ihrem ersten Besuch steht die Praxis hier.",
  intro:
    "Bei jedem Besuch sieht eine Praxis einen neuen Namen. Sie weiß nicht, dass Sie schon dort waren, außer Sie sagen es ihr hier.",
  count: plural("de", { one: "Ein Besuch", other: "{n} Besuche" }),
  alone: "Diese Praxis weiß nicht, welche Besuche Ihre sind.",
  known: (day) => `Diese Praxis darf Sie wiedererkennen, seit dem ${day}.`,
  stopped:
    "Sie haben es dieser Praxis früher gesagt. Sie kennt weiter die Besuche, die unten markiert sind. Neue Besuche stehen für sich.",
  letKnow: "Diese Praxis darf mich wiedererkennen",
  letKnowText:
    "Die Praxis erfährt bei diesem Besuch und bei jedem späteren ein Kennzeichen von Ihnen. So sieht sie, dass diese Besuche zusammengehören. Ihren Namen erfährt sie nicht. Keine andere Praxis kann das Kennzeichen benutzen.",
  cannotUndo: "Ist es gesendet, kann man es nicht zurückholen.",
  soon: "Die Praxis erfährt es in ein paar Sekunden.",
  telling: "Der Praxis wird es gesagt …",
  told: "Die Praxis weiß es",
  toldText: "Vielleicht zeigt schon ihre nächste Antwort, dass sie Sie kennt.",
  stop: "Nicht mehr sagen",
  stopping: "Einen Moment …",
  stopText:
    "Wenn Sie aufhören, stehen Ihre nächsten Besuche dort wieder für sich. Was die Praxis von den früheren weiß, behält sie. In den Nachrichten eines Besuchs können Sie um Löschen bitten.",
  join: "Auch bei diesem Besuch sagen",
  marked: "als Ihrer bekannt",
  notMarked: "steht für sich",
  noChannel: "Um es dieser Praxis zu sagen, brauchen Sie einen Besuch, den dieses Telefon selbst gemacht hat.",
  newPhone:
    "Ein neues Telefon hat ein neues Kennzeichen. Eine Praxis, die Sie kannte, hält Sie für jemand Neuen, bis Sie es ihr wieder sagen.",
  write: "Nachrichten dieses Besuchs",
};

const ar: Words = {
  title: "عياداتي",
  loading: "نبحث عن عياداتك …",
  none: "لا عيادات بعد",
  noneText: "بعد زيارتك الأولى تظهر العيادة هنا.",
  intro: "في كل زيارة ترى العيادة اسمًا جديدًا. ولا تعرف أنك كنت عندها من قبل، إلا إذا أخبرتها هنا.",
  count: plural("ar", {
    one: "زيارة واحدة",
    two: "زيارتان",
    few: "{n} زيارات",
    many: "{n} زيارة",
    other: "{n} زيارة",
  }),
  alone: "لا تعرف هذه العيادة أي الزيارات لك.",
  known: (day) => `يجوز لهذه العيادة أن تتعرف عليك، منذ ${day}.`,
  stopped: "أخبرت هذه العيادة من قبل. ما زالت تعرف الزيارات المعلَّمة أدناه. أما الزيارات الجديدة فمنفصلة.",
  letKnow: "دع هذه العيادة تتعرف عليّ",
  letKnowText:
    "تعرف العيادة علامة منك في هذه الزيارة وفي كل زيارة لاحقة. فترى أن هذه الزيارات لشخص واحد. ولا تعرف اسمك. ولا تستطيع أي عيادة أخرى استخدام العلامة.",
  cannotUndo: "بعد الإرسال لا يمكن استرجاعها.",
  soon: "ستُخبَر العيادة بعد بضع ثوانٍ.",
  telling: "نخبر العيادة …",
  told: "أُخبرت العيادة",
  toldText: "قد يُظهر جوابها التالي أنها تعرفك.",
  stop: "لا تخبرها بعد الآن",
  stopping: "لحظة من فضلك …",
  stopText:
    "إذا توقفت فإن زياراتك القادمة عندها تعود منفصلة. وتحتفظ العيادة بما تعرفه عن السابقة. تستطيع أن تطلب منها محو السجلات في رسائل الزيارة.",
  join: "أخبرها في هذه الزيارة أيضًا",
  marked: "معروف أنها لك",
  notMarked: "منفصلة",
  noChannel: "لكي تخبر هذه العيادة تحتاج إلى زيارة تمت بهذا الهاتف نفسه.",
  newPhone: "للهاتف الجديد علامة جديدة. والعيادة التي عرفتك تظنك شخصًا جديدًا حتى تخبرها مرة أخرى.",
  write: "رسائل هذه الزيارة",
};

export const CATALOGUE = { en, de, ar };
export const words = wordsOf(CATALOGUE);
