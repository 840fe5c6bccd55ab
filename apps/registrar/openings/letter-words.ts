// The words of the letter about an opening, in the language of the person who gets it. It must not frighten somebody who knows nothing
// of the app any more, and it promises nothing that the registry cannot know.

import { isolated, type Language, plural } from "../../shared/language.ts";

const en = {
  title: "A notice to you",
  trace: (who: string) => `${who} was allowed to learn your name, starting from one visit.`,
  assemble: (who: string) => `${who} was allowed to open all your visits and their records, starting from your name.`,
  emergency: "The office said that it was an emergency.",
  lead: "People of independent organisations read the question first, and they agreed. This letter is only so that you know.",
  when: "When they agreed",
  reason: "Reason",
  law: "Law",
  back: "How far back",
  month: (month: string) => `${month} only`,
  months: (from: string, to: string) => `${from} to ${to}`,
  clinics: "Clinics",
  everyClinic: "All clinics",
  someClinics: plural("en", {
    one: "One clinic, which the office can name",
    other: "{n} clinics, which the office can name",
  }),
  agreed: "Who agreed",
  agreedBy: (some: string, all: string, names: string) => `People of ${some} out of ${all} organisations: ${names}`,
  organisation: (number: string, host: string) => `organisation ${number} (${isolated(host)})`,
  caseNumber: "Case number",
  notTold:
    "The registry does not know the reason, the law, or which visit it was. It must not learn where you go. Your phone shows the reason and the law. The office that asked can tell you too.",
  meansTitle: "What this does not mean",
  means: [
    "It does not mean that you did anything wrong.",
    "It does not let anybody else look. They agreed to this one question.",
  ],
  meansOf: {
    trace: [
      "This question opened no records. The office learned your name, and what else you gave at the registrar's desk.",
      "The registry did not learn which clinic or which visit it was.",
    ],
    assemble: ["The registry saw no records. It does not know which clinics you visit."],
  },
  wrongTitle: "If it looks wrong",
  wrongSteps: [
    "Call the registrar's desk, or go there. Give the case number. The desk knows how to reach who asked.",
    "You may ask the office, and each organisation that agreed, for its reasons. The law gives you an answer.",
    "You may complain to the data protection office. Take this letter along.",
  ],
  telephone: "Telephone of the desk:",
  phoneTitle: "If you have the app, or had it",
  phone:
    "The app shows this too, under “Who looked”. Some questions link your visits without your name. The registry never learns whom they are about, so no letter can tell you. Only the app can. If your phone is gone, ask the desk for a new code, and use your 24 words.",
};
export type LetterWords = typeof en;

const de: LetterWords = {
  title: "Eine Nachricht an Sie",
  trace: (who) => `${who} durfte von einem Besuch aus Ihren Namen erfahren.`,
  assemble: (who) => `${who} durfte von Ihrem Namen aus alle Ihre Besuche und deren Akten öffnen.`,
  emergency: "Die Stelle gab an, dass es ein Notfall war.",
  lead: "Menschen aus unabhängigen Stellen haben die Frage vorher gelesen und zugestimmt. Dieser Brief sagt es Ihnen, damit Sie es wissen.",
  when: "Wann zugestimmt wurde",
  reason: "Grund",
  law: "Gesetz",
  back: "Wie weit zurück",
  month: (month) => `nur ${month}`,
  months: (from, to) => `${from} bis ${to}`,
  clinics: "Praxen",
  everyClinic: "Alle Praxen",
  someClinics: plural("de", {
    one: "Eine Praxis, die Ihnen die Stelle nennen kann",
    other: "{n} Praxen, die Ihnen die Stelle nennen kann",
  }),
  agreed: "Wer zugestimmt hat",
  agreedBy: (some, all, names) => `Menschen aus ${some} von ${all} Stellen: ${names}`,
  organisation: (number, host) => `Stelle ${number} (${isolated(host)})`,
  caseNumber: "Fallnummer",
  notTold:
    "Die Registrierung kennt den Grund nicht, auch nicht das Gesetz und den Besuch. Sie darf nicht erfahren, wohin Sie gehen. Ihr Telefon zeigt Grund und Gesetz. Auch die Stelle, die gefragt hat, kann sie Ihnen nennen.",
  meansTitle: "Was das nicht heißt",
  means: [
    "Es heißt nicht, dass Sie etwas falsch gemacht haben.",
    "Sonst darf deshalb niemand nachsehen. Zugestimmt wurde nur dieser einen Frage.",
  ],
  meansOf: {
    trace: [
      "Diese Frage hat keine Akten geöffnet. Die Stelle weiß nun Ihren Namen und was Sie sonst am Schalter angegeben haben.",
      "Die Registrierung hat nicht erfahren, welche Praxis oder welcher Besuch es war.",
    ],
    assemble: ["Die Registrierung hat keine Akten gesehen. Sie weiß nicht, welche Praxen Sie besuchen."],
  },
  wrongTitle: "Wenn etwas nicht stimmt",
  wrongSteps: [
    "Rufen Sie den Schalter an, oder gehen Sie hin. Nennen Sie die Fallnummer. Dort weiß man, wie Sie die Stelle erreichen.",
    "Sie dürfen die Stelle und alle, die zugestimmt haben, nach den Gründen fragen. Das Gesetz gibt Ihnen eine Antwort.",
    "Sie dürfen sich bei der Datenschutzstelle beschweren. Nehmen Sie diesen Brief mit.",
  ],
  telephone: "Telefon des Schalters:",
  phoneTitle: "Wenn Sie die App haben oder hatten",
  phone:
    "Die App zeigt das auch, unter „Zugriffe“. Manche Fragen verbinden Ihre Besuche ohne Ihren Namen. Die Registrierung erfährt nie, wen das betrifft. Darum kann es Ihnen kein Brief sagen, nur die App. Wenn das Telefon weg ist, holen Sie am Schalter einen neuen Code und nehmen Sie Ihre 24 Wörter.",
};

const ar: LetterWords = {
  title: "إشعار لك",
  trace: (who) => `سُمح لـ ${who} بمعرفة اسمك، انطلاقًا من زيارة واحدة.`,
  assemble: (who) => `سُمح لـ ${who} بفتح كل زياراتك وسجلاتها، انطلاقًا من اسمك.`,
  emergency: "قالت الجهة إنها حالة طارئة.",
  lead: "قرأ أشخاص من جهات مستقلة الطلب أولاً ووافقوا عليه. هذه الرسالة لكي تعرف ذلك فقط.",
  when: "متى وافقوا",
  reason: "السبب",
  law: "القانون",
  back: "إلى أي وقت مضى",
  month: (month) => `${month} فقط`,
  months: (from, to) => `من ${from} إلى ${to}`,
  clinics: "العيادات",
  everyClinic: "كل العيادات",
  someClinics: plural("ar", {
    one: "عيادة واحدة تستطيع الجهة أن تسميها لك",
    other: "عدد العيادات {n}، وتستطيع الجهة أن تسميها لك",
  }),
  agreed: "من وافق",
  agreedBy: (some, all, names) => `أشخاص من ${some} من أصل ${all} جهات: ${names}`,
  organisation: (number, host) => `الجهة ${number} (${isolated(host)})`,
  caseNumber: "رقم الحالة",
  notTold:
    "لا يعرف السجل السبب ولا القانون ولا أي زيارة كانت. يجب ألا يعرف أين تذهب. هاتفك يعرض السبب والقانون. وتستطيع الجهة التي سألت أن تخبرك أيضاً.",
  meansTitle: "ما لا يعنيه هذا",
  means: ["لا يعني أنك أخطأت في شيء.", "لا يسمح لأحد آخر بالاطلاع. وافقوا على هذا الطلب وحده."],
  meansOf: {
    trace: [
      "لم يفتح هذا الطلب أي سجلات. عرفت الجهة اسمك وما ذكرته في مكتب السجل.",
      "لم يعرف السجل أي عيادة ولا أي زيارة كانت.",
    ],
    assemble: ["لم يرَ السجل أي سجلات طبية. لا يعرف أي عيادات تزور."],
  },
  wrongTitle: "إن بدا شيء خاطئاً",
  wrongSteps: [
    "اتصل بمكتب السجل أو اذهب إليه واذكر رقم الحالة. يعرف المكتب كيف تصل إلى من سأل.",
    "يحق لك أن تسأل الجهة وكل من وافق عن الأسباب. القانون يعطيك جواباً.",
    "يحق لك أن تشتكي إلى هيئة حماية البيانات. خذ هذه الرسالة معك.",
  ],
  telephone: "هاتف المكتب:",
  phoneTitle: "إن كان التطبيق عندك أو كان من قبل",
  phone:
    "يعرض التطبيق هذا أيضاً تحت «من اطّلع». بعض الطلبات تربط زياراتك من دون اسمك. لا يعرف السجل أبداً من تخص، فلا تستطيع رسالة أن تخبرك. التطبيق وحده يستطيع. إن ضاع هاتفك فاطلب من المكتب رمزاً جديداً واستخدم كلماتك الأربع والعشرين.",
};

export const CATALOGUE: Record<Language, LetterWords> = { en, de, ar };
