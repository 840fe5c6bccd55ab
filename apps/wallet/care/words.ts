// The words of "Who looked", in three languages.

import { isolated, plural, wordsOf } from "../../shared/language.ts";

const en = {
  title: "Who looked",
  loading: "Fetching what this phone knows …",
  none: "Nobody has opened your records.",
  noneYet: "This phone has not read the public list yet.",
  noneText: "If somebody does, it will stand here, with the reason and the people who agreed.",
  emergency: "Emergency",
  link: (who: string) => `${who} was allowed to open your other visits and their records, starting from one visit.`,
  trace: (who: string) => `${who} was allowed to learn your name, starting from one visit.`,
  assemble: (who: string) => `${who} was allowed to open all your visits and their records, starting from your name.`,
  who: (name: string, role: string) => (role === "" ? isolated(name) : `${isolated(name)} (${isolated(role)})`),
  when: "When",
  reason: "Reason",
  law: "Law",
  back: "How far back",
  month: (from: string) => `${from} only`,
  months: (from: string, to: string) => `${from} to ${to}`,
  clinics: "Clinics",
  everyClinic: "All clinics",
  otherClinic: "a clinic that you do not know",
  agreed: "Who agreed",
  agreedBy: (some: string, all: string, names: string) => `People of ${some} out of ${all} organisations: ${names}`,
  organisation: (number: string, host: string) => `organisation ${number} (${isolated(host)})`,
  caseNumber: "Case number",
  entry: "Place in the public list",
  // how do I know
  completeTitle: "How do I know this list is complete?",
  complete1: "Before anybody can open records, it must be written in a public list that nobody can change unseen.",
  complete2: plural("en", {
    one: "Your phone has read the one entry of that list itself, and would know an entry about you.",
    other: "Your phone has read all {n} entries of that list itself, and found each one about you.",
  }),
  complete3: (some: string, all: string) =>
    `The keeper of the list and ${some} of ${all} independent witnesses have signed it, and your phone has checked the signatures.`,
  notRead2: "Your phone reads all of that list itself, and finds each entry about you.",
  notRead3: "It also checks that the keeper of the list and independent witnesses have signed it.",
  lastRead: (when: string) => `Last read: ${when}.`,
  check: "Check now",
  checking: "Reading the public list and checking its signatures. This takes a few seconds.",
  checked: "The list is complete",
  checkedText: plural("en", {
    one: "One entry read. All signatures are right.",
    other: "{n} entries read. All signatures are right.",
  }),
  unreadable: plural("en", {
    one: "This version of the app could not read one entry. Update the app, then check again.",
    other: "This version of the app could not read {n} entries. Update the app, then check again.",
  }),
  checkHint: "Best not right before or after a visit: the keeper of the list sees when a phone reads it.",
  proof: "For people who check this themselves",
  fingerprint: "Fingerprint of the list",
  fingerprintText: "A friend whose phone read the same number of entries must see the same fingerprint.",
  // wrong
  bad: "The list is not right",
  faults: {
    "log-stale":
      "The list is older than it may be, so new entries could be missing. Try again tomorrow. If it stays, tell the registrar's desk.",
    "log-broken":
      "The list contradicts what your phone read before. Keep this phone as it is: it shows what happened. Tell the registrar's desk and the data protection office.",
    "bad-log-key": "The list is not signed by its keeper. Update the app. If it stays, tell the registrar's desk.",
    "unlogged-parameters":
      "The registrar gave your phone rules that are not in the public list. Keep this phone as it is. Tell the data protection office.",
    "two-parameters":
      "The public list holds two sets of rules for one month. Keep this phone as it is. Tell the data protection office.",
    "late-parameters": "The rules of a month came too late into the public list. Tell the data protection office.",
  } as Record<string, string>,
  wrongTitle: "Something looks wrong?",
  wrongSteps: [
    "Ask at the registrar's desk. Give the case number. The desk registered who asked, and knows how to reach them.",
    "You may ask each organisation that agreed for its reasons. The law gives you an answer.",
    "You may complain to the data protection office. Print this page and take it along.",
    "You need not change anything on this phone. Nobody else can open your records by this.",
  ],
  printList: "Print this list",
};
type Words = typeof en;

const de: Words = {
  title: "Wer nachgesehen hat",
  loading: "Es wird geholt, was dieses Telefon weiß …",
  none: "Niemand hat Ihre Akten geöffnet.",
  noneYet: "Dieses Telefon hat die öffentliche Liste noch nicht gelesen.",
  noneText: "Wenn es jemand tut, steht es hier: mit dem Grund und mit denen, die zugestimmt haben.",
  emergency: "Notfall",
  link: (who) => `${who} durfte von einem Besuch aus Ihre anderen Besuche und deren Akten öffnen.`,
  trace: (who) => `${who} durfte von einem Besuch aus Ihren Namen erfahren.`,
  assemble: (who) => `${who} durfte von Ihrem Namen aus alle Ihre Besuche und deren Akten öffnen.`,
  who: (name, role) => (role === "" ? isolated(name) : `${isolated(name)} (${isolated(role)})`),
  when: "Wann",
  reason: "Grund",
  law: "Gesetz",
  back: "Wie weit zurück",
  month: (from) => `nur ${from}`,
  months: (from, to) => `${from} bis ${to}`,
  clinics: "Praxen",
  everyClinic: "Alle Praxen",
  otherClinic: "eine Praxis, die Sie nicht kennen",
  agreed: "Wer zugestimmt hat",
  agreedBy: (some, all, names) => `Menschen aus ${some} von ${all} Stellen: ${names}`,
  organisation: (number, host) => `Stelle ${number} (${isolated(host)})`,
  caseNumber: "Fallnummer",
  entry: "Platz in der öffentlichen Liste",
  completeTitle: "Woher weiß ich, dass diese Liste vollständig ist?",
  complete1:
    "Bevor jemand Akten öffnen kann, muss es in einer öffentlichen Liste stehen, die niemand unbemerkt ändern kann.",
  complete2: plural("de", {
    one: "Ihr Telefon hat den einen Eintrag dieser Liste selbst gelesen und würde einen über Sie erkennen.",
    other: "Ihr Telefon hat alle {n} Einträge dieser Liste selbst gelesen und jeden über Sie gefunden.",
  }),
  complete3: (some, all) =>
    `Wer die Liste führt und ${some} von ${all} unabhängigen Zeugen haben sie unterschrieben, und Ihr Telefon hat die Unterschriften geprüft.`,
  notRead2: "Ihr Telefon liest die ganze Liste selbst und findet jeden Eintrag über Sie.",
  notRead3: "Es prüft auch, dass die Liste von ihrer Stelle und von unabhängigen Zeugen unterschrieben ist.",
  lastRead: (when) => `Zuletzt gelesen: ${when}.`,
  check: "Jetzt prüfen",
  checking: "Die öffentliche Liste wird gelesen und ihre Unterschriften werden geprüft. Das dauert ein paar Sekunden.",
  checked: "Die Liste ist vollständig",
  checkedText: plural("de", {
    one: "Ein Eintrag gelesen. Alle Unterschriften stimmen.",
    other: "{n} Einträge gelesen. Alle Unterschriften stimmen.",
  }),
  unreadable: plural("de", {
    one: "Diese Fassung der App konnte einen Eintrag nicht lesen. Erneuern Sie die App, und prüfen Sie noch einmal.",
    other: "Diese Fassung der App konnte {n} Einträge nicht lesen. Erneuern Sie die App, und prüfen Sie noch einmal.",
  }),
  checkHint:
    "Am besten nicht gleich vor oder nach einem Besuch: Wer die Liste führt, sieht, wann ein Telefon sie liest.",
  proof: "Für alle, die selbst prüfen",
  fingerprint: "Fingerabdruck der Liste",
  fingerprintText: "Wer gleich viele Einträge gelesen hat, muss denselben Fingerabdruck sehen.",
  bad: "Die Liste stimmt nicht",
  faults: {
    "log-stale":
      "Die Liste ist älter, als sie sein darf. Neue Einträge könnten fehlen. Versuchen Sie es morgen wieder. Wenn es so bleibt, sagen Sie es der Meldestelle.",
    "log-broken":
      "Die Liste widerspricht dem, was Ihr Telefon früher gelesen hat. Lassen Sie das Telefon, wie es ist: Es hat den Beweis. Sagen Sie es der Meldestelle und der Datenschutzstelle.",
    "bad-log-key":
      "Die Liste ist nicht von ihrer Stelle unterschrieben. Erneuern Sie die App. Wenn es so bleibt, sagen Sie es der Meldestelle.",
    "unlogged-parameters":
      "Die Meldestelle gab Ihrem Telefon Regeln, die nicht in der öffentlichen Liste stehen. Lassen Sie das Telefon, wie es ist. Sagen Sie es der Datenschutzstelle.",
    "two-parameters":
      "In der öffentlichen Liste stehen für einen Monat zweierlei Regeln. Lassen Sie das Telefon, wie es ist. Sagen Sie es der Datenschutzstelle.",
    "late-parameters":
      "Die Regeln eines Monats kamen zu spät in die öffentliche Liste. Sagen Sie es der Datenschutzstelle.",
  },
  wrongTitle: "Etwas sieht falsch aus?",
  wrongSteps: [
    "Fragen Sie bei der Meldestelle. Nennen Sie die Fallnummer. Dort ist gemeldet, wer gefragt hat, und man weiß, wie Sie ihn erreichen.",
    "Sie dürfen jede Stelle, die zugestimmt hat, nach ihren Gründen fragen. Das Gesetz gibt Ihnen eine Antwort.",
    "Sie dürfen sich bei der Datenschutzstelle beschweren. Drucken Sie diese Seite und nehmen Sie sie mit.",
    "Auf diesem Telefon müssen Sie nichts ändern. Niemand sonst kann dadurch Ihre Akten öffnen.",
  ],
  printList: "Liste drucken",
};

const ar: Words = {
  title: "من اطّلع",
  loading: "نجلب ما يعرفه هذا الهاتف …",
  none: "لم يفتح أحد سجلاتك.",
  noneYet: "لم يقرأ هذا الهاتف القائمة العامة بعد.",
  noneText: "إذا فعل أحد ذلك فسيظهر هنا، مع السبب ومع من وافقوا.",
  emergency: "حالة طارئة",
  link: (who) => `سُمح لـ ${who} بفتح زياراتك الأخرى وسجلاتها، انطلاقًا من زيارة واحدة.`,
  trace: (who) => `سُمح لـ ${who} بمعرفة اسمك، انطلاقًا من زيارة واحدة.`,
  assemble: (who) => `سُمح لـ ${who} بفتح كل زياراتك وسجلاتها، انطلاقًا من اسمك.`,
  who: (name, role) => (role === "" ? isolated(name) : `${isolated(name)} (${isolated(role)})`),
  when: "متى",
  reason: "السبب",
  law: "القانون",
  back: "إلى أي وقت مضى",
  month: (from) => `${from} فقط`,
  months: (from, to) => `من ${from} إلى ${to}`,
  clinics: "العيادات",
  everyClinic: "كل العيادات",
  otherClinic: "عيادة لا تعرفها",
  agreed: "من وافق",
  agreedBy: (some, all, names) => `أشخاص من ${some} من أصل ${all} جهات: ${names}`,
  organisation: (number, host) => `الجهة ${number} (${isolated(host)})`,
  caseNumber: "رقم الحالة",
  entry: "الموضع في القائمة العامة",
  completeTitle: "كيف أعرف أن هذه القائمة كاملة؟",
  complete1: "قبل أن يفتح أحد السجلات يجب أن يُكتب ذلك في قائمة عامة لا يستطيع أحد تغييرها دون أن يُلاحظ.",
  complete2: plural("ar", {
    one: "قرأ هاتفك القيد الوحيد في تلك القائمة بنفسه، وكان سيعرف أي قيد عنك.",
    other: "قرأ هاتفك كل قيود تلك القائمة ({n}) بنفسه، ووجد كل قيد عنك.",
  }),
  complete3: (some, all) => `وقّع عليها حافظ القائمة و${some} من ${all} شهود مستقلين، وتحقق هاتفك من التوقيعات.`,
  notRead2: "يقرأ هاتفك تلك القائمة كلها بنفسه، ويجد كل قيد عنك.",
  notRead3: "ويتحقق أيضًا من أن حافظ القائمة وشهودًا مستقلين قد وقّعوا عليها.",
  lastRead: (when) => `آخر قراءة: ${when}.`,
  check: "تحقق الآن",
  checking: "نقرأ القائمة العامة ونتحقق من توقيعاتها. يستغرق ذلك بضع ثوانٍ.",
  checked: "القائمة كاملة",
  checkedText: plural("ar", {
    one: "قُرئ قيد واحد. كل التوقيعات صحيحة.",
    other: "عدد القيود المقروءة: {n}. كل التوقيعات صحيحة.",
  }),
  unreadable: plural("ar", {
    one: "لم يستطع هذا الإصدار من التطبيق قراءة قيد واحد. حدّث التطبيق ثم تحقق مرة أخرى.",
    other: "لم يستطع هذا الإصدار من التطبيق قراءة بعض القيود ({n}). حدّث التطبيق ثم تحقق مرة أخرى.",
  }),
  checkHint: "الأفضل ألا يكون ذلك قبل زيارة أو بعدها مباشرة: حافظ القائمة يرى متى يقرؤها هاتف.",
  proof: "لمن يريد التحقق بنفسه",
  fingerprint: "بصمة القائمة",
  fingerprintText: "من قرأ هاتفه العدد نفسه من القيود يجب أن يرى البصمة نفسها.",
  bad: "القائمة ليست صحيحة",
  faults: {
    "log-stale": "القائمة أقدم مما يجوز، وقد تنقصها قيود جديدة. حاول غدًا. إذا استمر ذلك فأخبر مكتب التسجيل.",
    "log-broken":
      "القائمة تناقض ما قرأه هاتفك من قبل. أبقِ هذا الهاتف كما هو: فيه الدليل. أخبر مكتب التسجيل وهيئة حماية البيانات.",
    "bad-log-key": "القائمة غير موقّعة من حافظها. حدّث التطبيق. إذا استمر ذلك فأخبر مكتب التسجيل.",
    "unlogged-parameters":
      "أعطى مكتب التسجيل هاتفك قواعد ليست في القائمة العامة. أبقِ هذا الهاتف كما هو. أخبر هيئة حماية البيانات.",
    "two-parameters": "في القائمة العامة قاعدتان لشهر واحد. أبقِ هذا الهاتف كما هو. أخبر هيئة حماية البيانات.",
    "late-parameters": "دخلت قواعد أحد الأشهر القائمة العامة متأخرة. أخبر هيئة حماية البيانات.",
  },
  wrongTitle: "هل يبدو شيء خاطئًا؟",
  wrongSteps: [
    "اسأل في مكتب التسجيل واذكر رقم الحالة. سجّل المكتب من طلب ويعرف كيف تصل إليه.",
    "يحق لك أن تسأل كل جهة وافقت عن أسبابها. القانون يعطيك جوابًا.",
    "يحق لك أن تشتكي إلى هيئة حماية البيانات. اطبع هذه الصفحة وخذها معك.",
    "لا تحتاج إلى تغيير شيء في هذا الهاتف. لا يستطيع أحد آخر فتح سجلاتك بسبب ذلك.",
  ],
  printList: "اطبع القائمة",
};

export const CATALOGUE = { en, de, ar };
export const words = wordsOf(CATALOGUE);
