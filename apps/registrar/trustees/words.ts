// The words of the trustees' first keys, in three languages. Those of the digits are in apps/shared/trustees.

import { wordsOf } from "../../shared/language.ts";

const en = {
  title: "The keys for opening records",
  lead: "The trustees make these keys together, once. Each holds one part. This desk only carries their messages, and it never has a part.",
  waitLook: "Asking every trustee for its keys. This takes two seconds as a rule.",
  look: "Look again",
  trustee: (n: number) => `Trustee ${n}`,
  // before
  beginTitle: "Make the keys",
  beginMore:
    "It takes some seconds. Before you begin, make sure that an officer of each trustee is near a telephone: they compare digits at the end.",
  howMany: "How many trustees must agree to open something?",
  agree: (threshold: string, of: string) => `${threshold} of ${of}`,
  meaning: (threshold: string) =>
    `Fewer than ${threshold} together can open nothing. If fewer than ${threshold} keep their part, nobody can open anything ever again.`,
  notReady: "All trustees must answer before you can begin. Ask the administrators of the others, then look again.",
  begin: "Make the keys now",
  waitMake: "The trustees make the keys. Keep this page open …",
  // meanwhile
  making: "The trustees make the keys",
  makingMore: "Each step waits for all trustees. If the page closes, you can go on from the same step.",
  steps: {
    start: "Beginning: each makes its share of the secret, and fixes it",
    open: "Opening: each shows what it fixed",
    deal: "Dealing: each seals a part for every other",
    accept: "Accepting: each checks the parts that it got",
    finish: "Finishing: each keeps its part",
  },
  // a run that has not ended
  begunTitle: "The making of the keys has not ended",
  begunMore: (threshold: string, of: string) =>
    `It was begun at this desk, with ${threshold} of ${of} who must agree. It goes on from where it stopped.`,
  goOn: "Go on",
  drop: "Give it up, and begin anew",
  waitDrop: "Asking the trustees whether none holds keys …",
  runNumber: "Number of this run:",
  // how it ended
  made: "Every trustee holds its part. Now officers compare the digits below. Do nothing else before that.",
  complaint: "A trustee complains, so no keys were made",
  complains: (accuser: string, accused: string) => `${accuser} complains of ${accused}.`,
  unreadable: "It cannot read the part that it got.",
  unfit: "The part that it got does not fit.",
  settle:
    "Either of the two may be wrong, and this desk cannot tell which. Call the administrators of both. When it is settled, make the keys anew.",
  stopped: "It stopped before the end",
  locked: "The desk was locked meanwhile.",
  why: {
    silent: (trustee: string) =>
      `${trustee} did not answer. Call its administrator. When it answers again, go on here: nothing is lost.`,
    key: (trustee: string) =>
      `${trustee} does not take this desk's key. Its administrator must allow this key for the making of the keys.`,
    other: (trustee: string) =>
      `${trustee} holds keys already, or works on another run. Keys are made once. Look at what the trustees show.`,
    said: (trustee: string) => `${trustee} refused to go on. Call its administrator and read out its words:`,
  },
  // after
  digits: "The digits of the keys",
  here: "Officers find their own digits in the officers' app, under “Keys”. Digits that only this screen shows prove nothing.",
  nextTitle: "When all digits agree",
  next: "Save the keys' public half as a file, and give it to the operator. The operator needs it for the rules of the coming months. It is no secret.",
  save: "Save the file",
  waitFile: "Fetching the file …",
  once: "Keys are made once: with a second set, old records could not be opened. To change the trustees, hand the keys on.",
  // what must not be
  stop: "Stop. People must look at this",
  wrong:
    "A trustee's answer does not fit the trustees that this desk knows. Call the operator and that trustee's administrator.",
  mixed: "The trustees show different keys. One of them may show old ones. Call the administrator of each trustee.",
  elsewhere:
    "Some trustees hold keys, and others have none yet. Go on at the desk where it was begun. That desk knows the number of the run.",
};
type Words = typeof en;

const de: Words = {
  title: "Die Schlüssel zum Öffnen",
  lead: "Die Treuhänder machen diese Schlüssel gemeinsam, ein einziges Mal. Jeder hält einen Teil. Dieser Schalter trägt nur ihre Nachrichten und hat nie einen Teil.",
  waitLook: "Alle Treuhänder werden nach ihren Schlüsseln gefragt. Das dauert meist zwei Sekunden.",
  look: "Noch einmal nachsehen",
  trustee: (n) => `Treuhänder ${n}`,
  beginTitle: "Die Schlüssel machen",
  beginMore:
    "Es dauert einige Sekunden. Sorgen Sie vorher dafür, dass von jedem Treuhänder jemand am Telefon ist: Am Ende werden Ziffern verglichen.",
  howMany: "Wie viele Treuhänder müssen zustimmen, damit etwas geöffnet wird?",
  agree: (threshold, of) => `${threshold} von ${of}`,
  meaning: (threshold) =>
    `Weniger als ${threshold} zusammen können nichts öffnen. Wenn weniger als ${threshold} ihren Teil behalten, kann niemand je wieder etwas öffnen.`,
  notReady:
    "Alle Treuhänder müssen antworten, bevor Sie anfangen. Fragen Sie die Verwaltung der anderen, und sehen Sie dann noch einmal nach.",
  begin: "Schlüssel jetzt machen",
  waitMake: "Die Treuhänder machen die Schlüssel. Lassen Sie diese Seite offen …",
  making: "Die Treuhänder machen die Schlüssel",
  makingMore: "Jeder Schritt wartet auf alle Treuhänder. Wenn die Seite zugeht, machen Sie beim selben Schritt weiter.",
  steps: {
    start: "Anfangen: Jeder macht seinen Anteil und legt ihn fest",
    open: "Aufdecken: Jeder zeigt, was er festgelegt hat",
    deal: "Austeilen: Jeder verschließt für jeden anderen einen Teil",
    accept: "Annehmen: Jeder prüft die Teile, die er bekam",
    finish: "Abschließen: Jeder behält seinen Teil",
  },
  begunTitle: "Die Schlüssel sind noch nicht fertig",
  begunMore: (threshold, of) =>
    `Es wurde an diesem Schalter angefangen, mit ${threshold} von ${of}, die zustimmen müssen. Es geht dort weiter, wo es stehen blieb.`,
  goOn: "Weitermachen",
  drop: "Aufgeben und neu anfangen",
  waitDrop: "Die Treuhänder werden gefragt, ob keiner Schlüssel hält …",
  runNumber: "Nummer dieses Laufs:",
  made: "Jeder Treuhänder hält seinen Teil. Nun werden die Ziffern unten verglichen. Tun Sie vorher nichts anderes.",
  complaint: "Ein Treuhänder beschwert sich. Es gibt keine Schlüssel",
  complains: (accuser, accused) => `${accuser} beschwert sich über ${accused}.`,
  unreadable: "Der Teil, den er bekam, ist nicht lesbar.",
  unfit: "Der Teil, den er bekam, passt nicht.",
  settle:
    "Jeder der beiden kann falsch liegen, und dieser Schalter weiß nicht, welcher. Rufen Sie beide Verwaltungen an. Ist es geklärt, machen Sie die Schlüssel neu.",
  stopped: "Es blieb vor dem Ende stehen",
  locked: "Der Schalter wurde inzwischen gesperrt.",
  why: {
    silent: (trustee) =>
      `${trustee} hat nicht geantwortet. Rufen Sie seine Verwaltung an. Wenn er wieder antwortet, machen Sie hier weiter: Nichts ist verloren.`,
    key: (trustee) =>
      `${trustee} nimmt den Schlüssel dieses Schalters nicht an. Seine Verwaltung muss ihn für das Schlüsselmachen erlauben.`,
    other: (trustee) =>
      `${trustee} hält schon Schlüssel oder arbeitet an einem anderen Lauf. Schlüssel macht man einmal. Sehen Sie, was die Treuhänder zeigen.`,
    said: (trustee) => `${trustee} macht nicht weiter. Rufen Sie seine Verwaltung an, und lesen Sie diese Worte vor:`,
  },
  digits: "Die Ziffern der Schlüssel",
  here: "Beauftragte finden ihre eigenen Ziffern in ihrer App unter „Schlüssel“. Ziffern, die nur hier stehen, beweisen nichts.",
  nextTitle: "Wenn alle Ziffern stimmen",
  next: "Speichern Sie die öffentliche Hälfte der Schlüssel als Datei, und geben Sie sie dem Betreiber. Er braucht sie für die Regeln der nächsten Monate. Sie ist nicht geheim.",
  save: "Datei speichern",
  waitFile: "Die Datei wird geholt …",
  once: "Schlüssel macht man einmal: Mit neuen ließen sich alte Befunde nicht öffnen. Um Treuhänder zu wechseln, gibt man die Schlüssel weiter.",
  stop: "Halt. Das müssen Menschen klären",
  wrong:
    "Die Antwort eines Treuhänders passt nicht zu denen, die dieser Schalter kennt. Rufen Sie den Betreiber und dessen Verwaltung an.",
  mixed:
    "Die Treuhänder zeigen verschiedene Schlüssel. Vielleicht zeigt einer alte. Rufen Sie die Verwaltung jedes Treuhänders an.",
  elsewhere:
    "Einige Treuhänder halten Schlüssel, andere noch keine. Machen Sie an dem Schalter weiter, an dem angefangen wurde. Er kennt die Nummer des Laufs.",
};

const ar: Words = {
  title: "مفاتيح فتح السجلات",
  lead: "تصنع الجهات الأمينة هذه المفاتيح معاً مرة واحدة. تحمل كل جهة جزءاً. ينقل هذا المكتب رسائلها فقط ولا يملك أي جزء.",
  waitLook: "نسأل كل جهة أمينة عن مفاتيحها. يستغرق ذلك ثانيتين عادة.",
  look: "انظر مرة أخرى",
  trustee: (n) => `الجهة الأمينة ${n}`,
  beginTitle: "صنع المفاتيح",
  beginMore: "يستغرق ذلك بضع ثوانٍ. تأكد قبل البدء من وجود موظف لكل جهة قرب الهاتف: يقارنون الأرقام في النهاية.",
  howMany: "كم جهة يجب أن توافق لفتح شيء؟",
  agree: (threshold, of) => `${threshold} من ${of}`,
  meaning: (threshold) =>
    `أقل من ${threshold} معاً لا يفتحون شيئاً. إن بقي الجزء لدى أقل من ${threshold} فلن يستطيع أحد فتح أي شيء أبداً.`,
  notReady: "يجب أن تجيب كل الجهات قبل البدء. اسأل إدارات الجهات الأخرى ثم انظر مرة أخرى.",
  begin: "اصنع المفاتيح الآن",
  waitMake: "تصنع الجهات الأمينة المفاتيح. أبقِ هذه الصفحة مفتوحة …",
  making: "الجهات الأمينة تصنع المفاتيح",
  makingMore: "تنتظر كل خطوة جميع الجهات. إن أُغلقت الصفحة فتابع من الخطوة نفسها.",
  steps: {
    start: "البدء: تصنع كل جهة نصيبها وتثبّته",
    open: "الكشف: تعرض كل جهة ما ثبّتته",
    deal: "التوزيع: تختم كل جهة جزءاً لكل جهة أخرى",
    accept: "القبول: تفحص كل جهة الأجزاء التي وصلتها",
    finish: "الختام: تحفظ كل جهة جزءها",
  },
  begunTitle: "صنع المفاتيح لم ينتهِ",
  begunMore: (threshold, of) => `بدأ في هذا المكتب بموافقة ${threshold} من ${of}. يتابع من حيث توقف.`,
  goOn: "تابع",
  drop: "اتركه وابدأ من جديد",
  waitDrop: "نسأل الجهات إن كانت لا تحمل مفاتيح …",
  runNumber: "رقم هذه العملية:",
  made: "تحمل كل جهة جزءها. والآن تُقارن الأرقام أدناه. لا تفعل شيئاً آخر قبل ذلك.",
  complaint: "تشتكي جهة أمينة فلم تُصنع مفاتيح",
  complains: (accuser, accused) => `${accuser} تشتكي من ${accused}.`,
  unreadable: "لا تستطيع قراءة الجزء الذي وصلها.",
  unfit: "الجزء الذي وصلها لا يطابق.",
  settle:
    "قد تكون أي منهما مخطئة ولا يعرف هذا المكتب أيهما. اتصل بإدارتي الجهتين. عندما يُحل الأمر اصنع المفاتيح من جديد.",
  stopped: "توقف قبل النهاية",
  locked: "أُقفل المكتب في هذه الأثناء.",
  why: {
    silent: (trustee) => `${trustee} لم تُجب. اتصل بإدارتها. عندما تجيب تابع هنا: لم يضع شيء.`,
    key: (trustee) => `${trustee} لا تقبل مفتاح هذا المكتب. يجب أن تسمح إدارتها بهذا المفتاح لصنع المفاتيح.`,
    other: (trustee) =>
      `${trustee} تحمل مفاتيح من قبل أو تعمل في عملية أخرى. تُصنع المفاتيح مرة واحدة. انظر ما تعرضه الجهات.`,
    said: (trustee) => `${trustee} رفضت المتابعة. اتصل بإدارتها واقرأ كلماتها:`,
  },
  digits: "أرقام المفاتيح",
  here: "يجد الموظفون أرقامهم في تطبيقهم تحت «المفاتيح». الأرقام التي تظهر هنا فقط لا تثبت شيئاً.",
  nextTitle: "عندما تتطابق كل الأرقام",
  next: "احفظ النصف العلني من المفاتيح ملفاً وأعطه للمشغّل. يحتاجه لقواعد الأشهر القادمة. ليس سراً.",
  save: "احفظ الملف",
  waitFile: "نجلب الملف …",
  once: "تُصنع المفاتيح مرة واحدة: بمفاتيح ثانية لا تُفتح السجلات القديمة. لتغيير الجهات تُنقل المفاتيح.",
  stop: "توقف. يجب أن ينظر أشخاص في هذا",
  wrong: "جواب جهة أمينة لا يطابق الجهات التي يعرفها هذا المكتب. اتصل بالمشغّل وبإدارة تلك الجهة.",
  mixed: "تعرض الجهات مفاتيح مختلفة. ربما تعرض إحداها مفاتيح قديمة. اتصل بإدارة كل جهة.",
  elsewhere: "تحمل بعض الجهات مفاتيح ولا تحمل الأخرى. تابع في المكتب الذي بدأ فيه الأمر. ذلك المكتب يعرف رقم العملية.",
};

export const CATALOGUE = { en, de, ar };
export const words = wordsOf(CATALOGUE);
