// English: the type of the other languages.

import { plural } from "../../../shared/language.ts";

export const en = {
  tabs: {
    label: "Parts of the app",
    checkIn: "Check in",
    records: "Records",
    care: "Who looked",
    share: "Share",
    more: "More",
    messages: "Messages to a clinic",
    clinics: "My clinics",
    help: "Help",
    about: "About this app",
  },
  quickExit: "Quick exit",
  noScreen: "There is no such page",

  camera: "Picture of the camera",
  noCamera: "The camera cannot be used",
  noCameraMore: "Allow the camera in the settings of your browser, or choose another way below.",
  noCode: "No code found",
  otherWays: "Other ways: a photo, a link or text",
  photo: "Choose a photo of the code",
  useText: "Use this text",
  stopCamera: "Stop the camera",

  codeTitle: "Scan the code from the desk",
  codeWhere: "The registration desk gave you a sheet with a code.",
  scanDesk: "Scan the code",
  codeTyped: "Link or code from the sheet",
  codeTypedHint: "The link, or the 16 groups of letters, row by row. Capital letters and gaps do not matter.",
  codeNothing: "This is not a code of the registration desk. Check that it is complete.",
  haveWords: "I have 24 words from an earlier phone",
  codeRead: "The code is read",
  codeReadMore: "Next you see whose code it is. Nothing is fixed before you say yes.",
  showRecord: "Show whose code it is",
  otherCode: "Use another code",
  waitRecord: "Asking the registration desk …",

  lockTitle: "How do you want to lock this app?",
  lockWhy: "Nobody else who holds your phone should see your visits.",
  lockPasskey: "With the phone's own lock",
  lockPassphrase: "With a passphrase",
  passphraseTitle: "Choose a passphrase",
  passphraseWhy: "You type it each time that you open this app. Nobody can tell it to you again.",
  passphraseNew: "Passphrase",
  passphraseHint: "At least 10 characters. Four words that do not belong together are good.",
  passphraseShort: "This is too short. Use at least 10 characters.",
  passphraseAgain: "The same once more",
  passphraseDiffer: "The two are not the same.",
  noPrf: "The lock of this phone cannot lock an app. Choose a passphrase instead.",
  passphrase: "Passphrase",
  locked: "This app is locked",
  open: "Open",
  usePassphrase: "Use the passphrase",
  openPasskey: "Open with the phone's lock",
  cannotOpen: "I cannot open it any more",
  waitPasskey: "The phone asks for your finger, face or code …",
  waitPassphrase: "Opening. This takes a few seconds on an older phone …",
  waitCreate: "Preparing this phone. This takes a few seconds …",
  waitOtherTab: "Waiting for the other tab …",

  isThisYou: "Is this you?",
  born: "Born",
  number: "Number",
  noName: "No name",
  thisIsMe: "Yes, this is me",
  notMe: "No, this is not me",
  waitEnrol: "Registering this phone. This takes about five seconds …",
  cautions: {
    "no-earlier-phone": "The desk knows no earlier phone of your words. If you go on, your earlier visits stay lost.",
    "other-words":
      "You had a phone before, with other words. Its visits do not appear here. If you still have those words, go back and type them in first.",
    "another-since": "After your last phone, somebody registered another one for you. Ask at the desk who that was.",
  },
  declinedTitle: "Tell the desk that this was not you",
  declined: "The code is void now. Nobody can use it. The desk must look up your record again and give you a new code.",

  evictedTitle: "Your browser removed this app's data",
  evicted:
    "Browsers do so when the device is full, or when somebody clears the history. To start again you need a new code from the registration desk.",
  evictedRecords: "Nothing is lost at the clinics. With your 24 words all your visits come back.",
  evictedStart: "Start again",

  typeWords: "Type your 24 words",
  typeWordsHow: "In the order in which you wrote them, with a space between.",
  theWords: "The 24 words",
  wordFaults: {
    "words-count": () => "These are not 24 words. Check that none is missing or stands twice.",
    "words-unknown": (which: string) => `Some words are mistyped: ${which}. Compare them with your paper.`,
    "words-checksum": () => "All words exist, but something is not right. Two may have changed places.",
  },
  wordsTitle: "Your 24 words",
  wordsWhy: "If you lose this phone, these words bring back your visits and records. Nothing else can.",
  wordsAlone: "Make sure that nobody sees the screen",
  wordsAloneMore: "Have a pen and paper ready. Take no photo: others could find it.",
  wordsShow: "Show the words",
  wordsCare: "Write them on paper in this order. Keep the paper where you keep your passport.",
  wordsWritten: "I wrote them down",
  wordsKept: "You wrote them down.",
  wordsNotKept: "You have not written them down yet.",
  later: "Later",
  checkTitle: "Check your paper",
  checkHow: "Look at your paper and type these three words.",
  wordNumber: (n: number) => `Word number ${n}`,
  checkWrong: "Not the same",
  checkWrongMore: "At least one word differs. Look at the words again and correct your paper.",
  checkDone: "Check",
  showAgain: "Show the words again",

  more: "More",
  recoverTitle: "Visits of your earlier phone",
  recoverWhy: "They were not looked for yet.",
  recoverNow: "Look for them",
  waitRecover: "Looking for your earlier visits at each clinic. This takes about a minute …",
  recovered: plural("en", { one: "{n} visit came back.", other: "{n} visits came back." }),
  lockTitleMore: "Lock",
  lockMore: "The app locks itself when you close it.",
  lockChange: "Change the lock",
  lockNow: "Lock now",
  noPushTitle: "Why it sends no notifications",
  noPush:
    "To send you one, a company would have to know this phone by an address. That address would tie your visits together. So look here yourself when you expect something.",
  exitTitle: "Quick exit",
  exitMore: "The button at the top goes to an encyclopedia at once. The back button does not return here.",
  forgetTitle: "Remove everything from this phone",
  forgetShort: "Before you sell this phone or give it away.",
  forgetOpen: "Remove everything …",
  forget:
    "The wallet goes away from this phone. With your 24 words and a new code from the desk it comes back. Without the words your records stay lost to you.",
  forgetUnderstood: "I have my 24 words, or I do not need my records any more.",
  forgetNow: "Remove everything",

  alerts: {
    copied:
      "This app's data was copied or brought back. Ask the registration desk for a new code, and enrol this phone again. Your records stay readable.",
    "unknown-phone":
      "The desk lists a phone in your name that this app does not know. Ask at the desk who registered it.",
    "missing-phone": "The desk's list of your phones lacks one. Ask at the desk.",
    "stale-pass": (month: string) =>
      `Your pass is from ${month}. A clinic sees that it is older than others. It renews by itself while this app is open.`,
    "no-pass": (day: string) => `This phone has got no new pass since ${day}. If it goes on, ask at the desk.`,
    "no-log": (day: string) =>
      `Since ${day} this phone has not reached the public list where openings stand. Try from another network.`,
    "wrong-log": (day: string) =>
      `Since ${day} something is wrong with the public list where openings stand. Ask at the desk, and show this.`,
  },
  faults: {
    "bad-code": "A letter of this code is wrong. Read it once more from the paper, five letters at a time.",
    "credential-refused": "This code is used up or has run out. Ask at the desk for a new one.",
    expired: "This code has run out. Ask at the desk for a new one.",
    "other-registration": "This app belongs to another person. Use that person's code, or remove everything first.",
    "record-changed": "The desk changed the record meanwhile. Read it again.",
    "no-earlier-phone": "The desk knows no earlier phone of your words. Ask at the desk.",
    "not-recorded": "The desk did not register this phone. Try again.",
    "bad-enrolment": "The desk's answer cannot be trusted. Do not go on. Tell the desk.",
    "copied-store":
      "This app's data was copied or brought back. Ask the registration desk for a new code, and enrol this phone again.",
    "other-window": "This app is open in another tab. Close this one.",
    "bad-invitation": "This code cannot be read. Ask the clinic to show it again.",
    "wrong-service": "This code was not made by the clinic that it names. Do not check in. Tell the desk.",
    "old-card": "The clinic's code is out of date. Ask the clinic for a new one.",
    "other-policy": "The clinic asks for more than it said in public. Do not check in. Tell the desk.",
    "stale-challenge":
      "This code is too old. Ask the clinic to show a new one. If that does not help, check your phone's clock.",
    "foreign-parameters": "This clinic belongs to another region than this app.",
    "no-credential":
      "Your pass is too old for this clinic. Leave this app open for a while with network, so that it gets a new one. Or ask at the desk.",
    "old-credential": "Your pass is too old. Leave this app open for a while with network, so that it gets a new one.",
    "not-entitled": "The clinic asks for something that you do not have, such as another insurance. Ask at the desk.",
    "no-slot-left":
      "You have used all visits of this month. Tell the desk: the clinic can treat you without a check-in.",
    "check-in-refused": "The check-in was refused. Ask the clinic for a new code, then scan it.",
    "bad-receipt": "The answer does not confirm your check-in. Ask at the desk whether you are on their list.",
    "no-card":
      "There is no network, and this phone was never at this clinic. Ask the clinic for its long code as text, or join a network.",
    "no-parameters": "This app needs the network once, for this month's rules. Connect it, then try again.",
    "log-stale": "The public list is not up to date. Try again later, or from another network.",
    "stale-parameters":
      "The desk's rules are out of date, or this phone's clock is wrong. Check the clock, then try again later.",
    "no-such-session": "This phone knows no such visit.",
    "card-not-open": "This visit has no card. Only a confirmed check-in of this phone has one.",
    "card-expired": "The card of this visit is over. Check in again if you still want to go.",
  } as Record<string, string>,
};

type Widened<T> = T extends string
  ? string
  : T extends (...args: infer A) => string
    ? (...args: A) => string
    : { [K in keyof T]: Widened<T[K]> };
export type Words = Widened<typeof en>;
