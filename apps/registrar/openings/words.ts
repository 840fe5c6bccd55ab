// The screen of openings in three languages: the list of people who were named, their letters, the limits of the desk, and how a
// person hears of an opening. letter-words.ts has the letter itself.

import { wordsOf } from "../../shared/language.ts";

const en = {
  title: "Letters about openings",
  lead: "The registry's machine named these people to an office. Print a letter for each of them: their phone may be gone.",
  onlyPhones:
    "Links are not in this list. A link opens a patient's other visits, and nobody here learns whose. Only that person's own phone can tell.",
  none: "Nobody was named to an office yet",
  noneText: "When the machine names somebody, it stands here.",
  trace: (who: string) => `${who} learned who this person is, starting from one visit.`,
  assemble: (who: string) => `${who} was allowed to open all visits of this person.`,
  noLetter: "No letter yet",
  letterOn: (day: string) => `Letter printed on ${day}`,
  openLetter: "Show the letter",
  more: "Show older ones",
  waitList: "Fetching older ones …",
  letterTitle: "The letter",
  letterWhat: "Print it, write the address by hand, and send it in a closed envelope. The registry keeps no address.",
  letterCare:
    "Others at that address might read it. If that could do harm, give it to the person at this desk instead.",
  letterLanguage: "Language of the letter",
  printLetter: "Print the letter",
  toList: "Back to the list",
  wasPrinted: "Was it printed?",
  waitMark: "Noting it …",
  marked: "The letter is marked as printed.",
  parts: [
    {
      title: "Who answers a trace",
      lines: [
        "A trace finds the person behind one visit. The registry's machine answers it, not this desk.",
        "It answers only if enough officers of independent trustees approved the order. The public log must have the order, and the notice to the person too.",
        "The answer is sealed to the office that asked. This desk cannot start a trace, speed it up or stop it. It sees afterwards who was named, and to whom.",
        "The machine learns which person it was. It does not learn which visit or which clinic.",
      ],
    },
    {
      title: "What is in the list?",
      lines: [
        "The machine names somebody in two cases: after a trace, and when an office may open all visits of a person and fetches their record here. Such a case stands in the list once its notice is in the public log.",
        "Every order stands in the public log too, without the person's name. Everybody can read the log.",
      ],
    },
    {
      title: "How a person hears of it",
      lines: [
        "Every opening puts a notice into the public log. Only the person's own phone can tell that a notice is theirs. It looks by itself and shows it under “Who looked”.",
        "The registry cannot tell whose phone still works. So everybody in the list gets a letter. It repeats what the phone shows, as far as the registry knows it.",
      ],
    },
    {
      title: "If the phone is lost",
      lines: [
        "Give the person a fresh code. On the new phone they choose “I have 24 words from an earlier phone” first. Then the notices for the earlier visits are found as well.",
        "Without the recovery words, nobody can find the notices for the earlier visits any more. New notices come to the new phone.",
      ],
    },
    {
      title: "If there was never a phone",
      lines: [
        "Then there is no pass and no visit under it. There is nothing to open, so there is no notice.",
        "A person can set up the app on any phone or computer that is theirs alone. On a device that others use, the others can read it.",
        "This desk prints no card for one visit. The secrets that prove a pass are made on the person's own device, and the registry must not have them.",
      ],
    },
  ],
};
export type Words = typeof en;

const de: Words = {
  title: "Briefe über Öffnungen",
  lead: "Die Maschine der Registrierung hat diese Menschen einer Stelle genannt. Drucken Sie jedem einen Brief: Das Telefon kann weg sein.",
  onlyPhones:
    "Verknüpfungen stehen hier nicht. Sie öffnen weitere Besuche eines Menschen, und hier erfährt niemand, wessen. Nur das eigene Telefon erkennt das.",
  none: "Noch wurde niemand einer Stelle genannt",
  noneText: "Wenn die Maschine jemanden nennt, steht es hier.",
  trace: (who) => `${who} hat von einem Besuch aus erfahren, wer dieser Mensch ist.`,
  assemble: (who) => `${who} durfte alle Besuche dieses Menschen öffnen.`,
  noLetter: "Noch kein Brief",
  letterOn: (day) => `Brief gedruckt am ${day}`,
  openLetter: "Brief zeigen",
  more: "Ältere zeigen",
  waitList: "Ältere werden geholt …",
  letterTitle: "Der Brief",
  letterWhat:
    "Drucken Sie ihn, schreiben Sie die Adresse von Hand, und schicken Sie ihn verschlossen. Die Registrierung hat keine Adressen.",
  letterCare:
    "An dieser Adresse könnten ihn andere lesen. Wenn das schaden kann, geben Sie ihn der Person lieber hier am Schalter.",
  letterLanguage: "Sprache des Briefs",
  printLetter: "Brief drucken",
  toList: "Zurück zur Liste",
  wasPrinted: "Wurde er gedruckt?",
  waitMark: "Es wird vermerkt …",
  marked: "Der Brief ist als gedruckt vermerkt.",
  parts: [
    {
      title: "Wer eine Rückfrage nach der Person beantwortet",
      lines: [
        "Eine solche Rückfrage findet den Menschen hinter einem Besuch. Die Maschine der Registrierung beantwortet sie, nicht dieser Schalter.",
        "Sie antwortet nur, wenn genug Beauftragte unabhängiger Treuhänder zugestimmt haben, wenn die Anordnung im öffentlichen Protokoll steht, und auch die Nachricht an die Person.",
        "Die Antwort ist für die Stelle versiegelt, die gefragt hat. Dieser Schalter kann sie nicht auslösen, beschleunigen oder aufhalten. Er sieht danach, wer wem genannt wurde.",
        "Die Maschine erfährt, welcher Mensch es war. Sie erfährt nicht, welcher Besuch oder welche Klinik.",
      ],
    },
    {
      title: "Was steht in der Liste?",
      lines: [
        "Die Maschine nennt jemanden in zwei Fällen: nach einer Rückfrage zur Person, und wenn eine Stelle alle Besuche eines Menschen öffnen darf und hier seinen Eintrag holt. Das steht in der Liste, sobald die Nachricht dazu im öffentlichen Protokoll ist.",
        "Jede Anordnung steht auch im öffentlichen Protokoll, ohne den Namen der Person. Alle können es lesen.",
      ],
    },
    {
      title: "Wie die Person davon erfährt",
      lines: [
        "Jede Öffnung legt eine Nachricht in das öffentliche Protokoll. Nur das eigene Telefon erkennt, dass sie der Person gilt. Es sucht von selbst und zeigt sie unter „Zugriffe“.",
        "Die Registrierung weiß nicht, wessen Telefon noch geht. Darum bekommen alle in der Liste einen Brief. Er wiederholt, was das Telefon zeigt, soweit die Registrierung es weiß.",
      ],
    },
    {
      title: "Wenn das Telefon verloren ist",
      lines: [
        "Geben Sie der Person einen neuen Code. Auf dem neuen Telefon wählt sie zuerst „Ich habe 24 Wörter von einem früheren Telefon“. Dann werden auch die Nachrichten zu früheren Besuchen gefunden.",
        "Ohne die Wörter kann niemand mehr die Nachrichten zu früheren Besuchen finden. Neue Nachrichten kommen auf das neue Telefon.",
      ],
    },
    {
      title: "Wenn es nie ein Telefon gab",
      lines: [
        "Dann gibt es keinen Pass und keinen Besuch damit. Es gibt nichts zu öffnen, also auch keine Nachricht.",
        "Die App läuft auf jedem Telefon oder Rechner, der nur dieser Person gehört. Auf einem geteilten Gerät können die anderen mitlesen.",
        "Dieser Schalter druckt keine Karte für einen einzelnen Besuch. Die Geheimnisse hinter einem Pass entstehen auf dem eigenen Gerät, und die Registrierung darf sie nicht haben.",
      ],
    },
  ],
};

const ar: Words = {
  title: "رسائل عن عمليات الفتح",
  lead: "كشفت آلة السجل أسماء هؤلاء لجهة ما. اطبع رسالة لكل منهم: ربما ضاع الهاتف.",
  onlyPhones:
    "طلبات الربط ليست في هذه القائمة. الربط يفتح زيارات أخرى لمريض، ولا يعرف أحد هنا لمن هي. هاتف ذلك الشخص وحده يعرف.",
  none: "لم يُكشف اسم أحد لأي جهة بعد",
  noneText: "حين تكشف الآلة اسم أحد يظهر هنا.",
  trace: (who) => `عرفت ${who} من هو هذا الشخص، انطلاقاً من زيارة واحدة.`,
  assemble: (who) => `سُمح لـ ${who} بفتح كل زيارات هذا الشخص.`,
  noLetter: "لا رسالة بعد",
  letterOn: (day) => `طُبعت الرسالة في ${day}`,
  openLetter: "اعرض الرسالة",
  more: "اعرض الأقدم",
  waitList: "نجلب الأقدم …",
  letterTitle: "الرسالة",
  letterWhat: "اطبعها واكتب العنوان بيدك وأرسلها في ظرف مغلق. لا يحتفظ السجل بالعناوين.",
  letterCare: "قد يقرؤها آخرون في ذلك العنوان. إن كان ذلك يضر فسلّمها للشخص في هذا المكتب.",
  letterLanguage: "لغة الرسالة",
  printLetter: "اطبع الرسالة",
  toList: "عد إلى القائمة",
  wasPrinted: "هل طُبعت؟",
  waitMark: "نسجّل ذلك …",
  marked: "سُجّلت الرسالة مطبوعة.",
  parts: [
    {
      title: "من يجيب عن طلب معرفة الشخص",
      lines: [
        "يكشف هذا الطلب الشخص وراء زيارة واحدة. تجيب عنه آلة السجل، لا هذا المكتب.",
        "لا تجيب إلا إذا وافق عدد كافٍ من موظفي جهات أمينة مستقلة، وكان الأمر في السجل العام، وكان فيه الإشعار للشخص.",
        "الجواب مختوم للجهة التي سألت. لا يستطيع هذا المكتب أن يبدأ الطلب أو يسرّعه أو يوقفه. يرى بعد ذلك من كُشف اسمه ولمن.",
        "تعرف الآلة من هو الشخص. لا تعرف أي زيارة ولا أي عيادة.",
      ],
    },
    {
      title: "ماذا في القائمة؟",
      lines: [
        "تكشف الآلة اسم أحد في حالتين: بعد طلب معرفة الشخص، وحين يُسمح لجهة بفتح كل زيارات شخص فتجلب قيده من هنا. تظهر الحالة في القائمة بعد أن يكون إشعارها في السجل العام.",
        "كل أمر موجود في السجل العام أيضاً من دون اسم الشخص. يستطيع الجميع قراءة السجل.",
      ],
    },
    {
      title: "كيف يعرف الشخص",
      lines: [
        "كل فتح يضع إشعاراً في السجل العام. هاتف الشخص وحده يعرف أن الإشعار له. يبحث من تلقاء نفسه ويعرضه تحت «من اطّلع».",
        "لا يعرف السجل هاتف من ما زال يعمل. لذلك يحصل كل من في القائمة على رسالة. تكرر ما يعرضه الهاتف، بقدر ما يعرفه السجل.",
      ],
    },
    {
      title: "إن فُقد الهاتف",
      lines: [
        "أعطِ الشخص رمزاً جديداً. على الهاتف الجديد يختار أولاً «لدي 24 كلمة من هاتف سابق». عندئذ تُوجد إشعارات الزيارات السابقة أيضاً.",
        "من دون كلمات الاستعادة لا يستطيع أحد أن يجد إشعارات الزيارات السابقة. الإشعارات الجديدة تصل إلى الهاتف الجديد.",
      ],
    },
    {
      title: "إن لم يكن هناك هاتف قط",
      lines: [
        "عندئذ لا بطاقة ولا زيارة بها. لا شيء يُفتح، فلا إشعار.",
        "يعمل التطبيق على أي هاتف أو حاسوب يملكه الشخص وحده. على جهاز مشترك يستطيع الآخرون القراءة.",
        "لا يطبع هذا المكتب بطاقة لزيارة واحدة. تُصنع أسرار البطاقة على جهاز الشخص نفسه، ويجب ألا تكون عند السجل.",
      ],
    },
  ],
};

export const CATALOGUE = { en, de, ar };
export const words = wordsOf(CATALOGUE);
