// Deutsch.

import { plural } from "../../../shared/language.ts";
import type { Words } from "./en.ts";

export const de: Words = {
  tabs: {
    label: "Teile der App",
    checkIn: "Anmelden",
    records: "Befunde",
    care: "Zugriffe",
    share: "Teilen",
    more: "Mehr",
    messages: "Nachrichten an eine Praxis",
    clinics: "Meine Praxen",
    help: "Hilfe",
    about: "Über diese App",
  },
  quickExit: "Schnell weg",
  noScreen: "Diese Seite gibt es nicht",

  camera: "Bild der Kamera",
  noCamera: "Die Kamera geht nicht",
  noCameraMore: "Erlauben Sie die Kamera in den Einstellungen des Browsers, oder nehmen Sie unten einen anderen Weg.",
  noCode: "Kein Code gefunden",
  otherWays: "Andere Wege: Foto, Link oder Text",
  photo: "Foto des Codes wählen",
  useText: "Diesen Text nehmen",
  stopCamera: "Kamera aus",

  codeTitle: "Code der Registrierung scannen",
  codeWhere: "Die Registrierung gab Ihnen ein Blatt mit einem Code.",
  scanDesk: "Code scannen",
  codeTyped: "Link oder Code vom Blatt",
  codeTypedHint: "Den Link oder die 16 Gruppen von Buchstaben, Zeile für Zeile. Großbuchstaben und Lücken sind egal.",
  codeNothing: "Das ist kein Code der Registrierung. Prüfen Sie, ob er vollständig ist.",
  haveWords: "Ich habe 24 Wörter von einem früheren Telefon",
  codeRead: "Der Code ist gelesen",
  codeReadMore: "Nun sehen Sie, wessen Code es ist. Nichts gilt, bevor Sie Ja sagen.",
  showRecord: "Zeigen, wessen Code es ist",
  otherCode: "Anderen Code nehmen",
  waitRecord: "Die Registrierung wird gefragt …",

  lockTitle: "Wie soll diese App gesperrt sein?",
  lockWhy: "Wer sonst Ihr Telefon hält, soll Ihre Besuche nicht sehen.",
  lockPasskey: "Mit der Sperre des Telefons",
  lockPassphrase: "Mit einem Kennwort",
  passphraseTitle: "Wählen Sie ein Kennwort",
  passphraseWhy: "Sie tippen es jedes Mal, wenn Sie die App öffnen. Niemand kann es Ihnen noch einmal sagen.",
  passphraseNew: "Kennwort",
  passphraseHint: "Mindestens 10 Zeichen. Gut sind vier Wörter, die nicht zusammengehören.",
  passphraseShort: "Das ist zu kurz. Nehmen Sie mindestens 10 Zeichen.",
  passphraseAgain: "Dasselbe noch einmal",
  passphraseDiffer: "Die beiden sind nicht gleich.",
  noPrf: "Die Sperre dieses Telefons kann keine App sperren. Wählen Sie stattdessen ein Kennwort.",
  passphrase: "Kennwort",
  locked: "Diese App ist gesperrt",
  open: "Öffnen",
  usePassphrase: "Kennwort benutzen",
  openPasskey: "Mit der Sperre des Telefons öffnen",
  cannotOpen: "Ich kann sie nicht mehr öffnen",
  waitPasskey: "Das Telefon fragt nach Finger, Gesicht oder Code …",
  waitPassphrase: "Es wird geöffnet. Ein älteres Telefon braucht einige Sekunden …",
  waitCreate: "Das Telefon wird vorbereitet. Das dauert einige Sekunden …",
  waitOtherTab: "Warten auf den anderen Tab …",

  isThisYou: "Sind Sie das?",
  born: "Geboren",
  number: "Nummer",
  noName: "Kein Name",
  thisIsMe: "Ja, das bin ich",
  notMe: "Nein, das bin ich nicht",
  waitEnrol: "Das Telefon wird registriert. Das dauert etwa fünf Sekunden …",
  cautions: {
    "no-earlier-phone":
      "Die Registrierung kennt kein früheres Telefon zu Ihren Wörtern. Wenn Sie weitergehen, bleiben frühere Besuche verloren.",
    "other-words":
      "Sie hatten schon ein Telefon, mit anderen Wörtern. Seine Besuche erscheinen hier nicht. Wenn Sie jene Wörter noch haben, gehen Sie zurück und tippen Sie sie zuerst ein.",
    "another-since":
      "Nach Ihrem letzten Telefon hat jemand ein weiteres für Sie registriert. Fragen Sie dort, wer das war.",
  },
  declinedTitle: "Sagen Sie der Registrierung, dass Sie das nicht waren",
  declined:
    "Der Code gilt nicht mehr. Niemand kann ihn benutzen. Die Registrierung muss noch einmal nachsehen und Ihnen einen neuen geben.",

  evictedTitle: "Ihr Browser hat die Daten dieser App entfernt",
  evicted:
    "Browser tun das, wenn das Gerät voll ist oder jemand den Verlauf löscht. Für einen neuen Anfang brauchen Sie einen neuen Code der Registrierung.",
  evictedRecords: "Bei den Praxen ist nichts verloren. Mit Ihren 24 Wörtern kommen alle Besuche zurück.",
  evictedStart: "Neu anfangen",

  typeWords: "Tippen Sie Ihre 24 Wörter",
  typeWordsHow: "In der Reihenfolge, in der Sie sie aufschrieben, mit einem Leerzeichen dazwischen.",
  theWords: "Die 24 Wörter",
  wordFaults: {
    "words-count": () => "Das sind nicht 24 Wörter. Prüfen Sie, ob eines fehlt oder doppelt ist.",
    "words-unknown": (which) => `Einige Wörter sind vertippt: ${which}. Vergleichen Sie sie mit Ihrem Zettel.`,
    "words-checksum": () => "Alle Wörter gibt es, aber etwas stimmt nicht. Vielleicht sind zwei vertauscht.",
  },
  wordsTitle: "Ihre 24 Wörter",
  wordsWhy:
    "Wenn Sie dieses Telefon verlieren, bringen diese Wörter Besuche und Befunde zurück. Sonst kann das niemand.",
  wordsAlone: "Achten Sie darauf, dass niemand zusieht",
  wordsAloneMore: "Legen Sie Stift und Papier bereit. Machen Sie kein Foto: andere könnten es finden.",
  wordsShow: "Wörter zeigen",
  wordsCare: "Schreiben Sie sie in dieser Reihenfolge auf Papier. Bewahren Sie es bei Ihrem Pass auf.",
  wordsWritten: "Ich habe sie aufgeschrieben",
  wordsKept: "Sie haben sie aufgeschrieben.",
  wordsNotKept: "Sie haben sie noch nicht aufgeschrieben.",
  later: "Später",
  checkTitle: "Prüfen Sie Ihren Zettel",
  checkHow: "Sehen Sie auf Ihren Zettel und tippen Sie diese drei Wörter.",
  wordNumber: (n) => `Wort Nummer ${n}`,
  checkWrong: "Nicht gleich",
  checkWrongMore: "Mindestens ein Wort ist anders. Sehen Sie die Wörter noch einmal an und verbessern Sie den Zettel.",
  checkDone: "Prüfen",
  showAgain: "Wörter noch einmal zeigen",

  more: "Mehr",
  recoverTitle: "Besuche Ihres früheren Telefons",
  recoverWhy: "Sie wurden noch nicht gesucht.",
  recoverNow: "Suchen",
  waitRecover: "Ihre früheren Besuche werden bei jeder Praxis gesucht. Das dauert etwa eine Minute …",
  recovered: plural("de", { one: "{n} Besuch kam zurück.", other: "{n} Besuche kamen zurück." }),
  lockTitleMore: "Sperre",
  lockMore: "Die App sperrt sich, wenn Sie sie schließen.",
  lockChange: "Sperre ändern",
  lockNow: "Jetzt sperren",
  noPushTitle: "Warum keine Nachrichten aufspringen",
  noPush:
    "Dafür müsste eine Firma dieses Telefon unter einer Adresse kennen. Diese Adresse würde Ihre Besuche verbinden. Sehen Sie darum selbst hier nach, wenn Sie etwas erwarten.",
  exitTitle: "Schnell weg",
  exitMore: "Der Knopf oben geht sofort zu einem Lexikon. Die Zurück-Taste führt nicht hierher.",
  forgetTitle: "Alles von diesem Telefon entfernen",
  forgetShort: "Bevor Sie dieses Telefon verkaufen oder weggeben.",
  forgetOpen: "Alles entfernen …",
  forget:
    "Alles verschwindet von diesem Telefon. Mit Ihren 24 Wörtern und einem neuen Code kommt es zurück. Ohne die Wörter bleiben die Befunde für Sie verloren.",
  forgetUnderstood: "Ich habe meine 24 Wörter, oder ich brauche meine Befunde nicht mehr.",
  forgetNow: "Alles entfernen",

  alerts: {
    copied:
      "Die Daten dieser App wurden kopiert oder zurückgeholt. Bitten Sie die Registrierung um einen neuen Code und registrieren Sie das Telefon noch einmal. Ihre Befunde bleiben lesbar.",
    "unknown-phone":
      "Die Registrierung führt ein Telefon auf Ihren Namen, das diese App nicht kennt. Fragen Sie dort, wer es anmeldete.",
    "missing-phone": "In der Liste Ihrer Telefone fehlt eines. Fragen Sie bei der Registrierung.",
    "stale-pass": (month) =>
      `Ihr Ausweis ist vom ${month}. Eine Praxis sieht, dass er älter ist als andere. Er erneuert sich, während diese App offen ist.`,
    "no-pass": (day) =>
      `Dieses Telefon hat seit dem ${day} keinen neuen Ausweis bekommen. Wenn es so bleibt, fragen Sie bei der Registrierung.`,
    "no-log": (day) =>
      `Seit dem ${day} hat dieses Telefon die öffentliche Liste der Öffnungen nicht erreicht. Versuchen Sie ein anderes Netz.`,
    "wrong-log": (day) =>
      `Seit dem ${day} stimmt etwas mit der öffentlichen Liste der Öffnungen nicht. Zeigen Sie das der Registrierung.`,
  },
  faults: {
    "bad-code": "Ein Zeichen dieses Codes stimmt nicht. Lesen Sie ihn noch einmal ab, immer fünf Zeichen.",
    "credential-refused": "Dieser Code ist verbraucht oder abgelaufen. Bitten Sie um einen neuen.",
    expired: "Dieser Code ist abgelaufen. Bitten Sie um einen neuen.",
    "other-registration":
      "Diese App gehört einer anderen Person. Nehmen Sie deren Code, oder entfernen Sie zuerst alles.",
    "record-changed": "Die Registrierung hat den Eintrag inzwischen geändert. Lesen Sie ihn noch einmal.",
    "no-earlier-phone": "Die Registrierung kennt kein früheres Telefon zu Ihren Wörtern. Fragen Sie dort.",
    "not-recorded": "Dieses Telefon wurde nicht registriert. Versuchen Sie es noch einmal.",
    "bad-enrolment": "Der Antwort ist nicht zu trauen. Gehen Sie nicht weiter. Sagen Sie es der Registrierung.",
    "copied-store":
      "Die Daten dieser App wurden kopiert oder zurückgeholt. Bitten Sie die Registrierung um einen neuen Code.",
    "other-window": "Diese App ist in einem anderen Tab offen. Schließen Sie diesen.",
    "bad-invitation": "Dieser Code ist nicht lesbar. Bitten Sie die Praxis, ihn noch einmal zu zeigen.",
    "wrong-service":
      "Dieser Code stammt nicht von der genannten Praxis. Melden Sie sich nicht an. Sagen Sie es am Empfang.",
    "old-card": "Der Code der Praxis ist überholt. Bitten Sie um einen neuen.",
    "other-policy":
      "Die Praxis will mehr wissen, als sie öffentlich sagte. Melden Sie sich nicht an. Sagen Sie es am Empfang.",
    "stale-challenge":
      "Dieser Code ist zu alt. Bitten Sie die Praxis um einen neuen. Wenn das nicht hilft, prüfen Sie die Uhr Ihres Telefons.",
    "foreign-parameters": "Diese Praxis gehört zu einer anderen Region als diese App.",
    "no-credential":
      "Ihr Ausweis ist für diese Praxis zu alt. Lassen Sie die App eine Weile mit Netz offen, damit sie einen neuen holt. Oder fragen Sie am Empfang.",
    "old-credential":
      "Ihr Ausweis ist zu alt. Lassen Sie die App eine Weile mit Netz offen, damit sie einen neuen holt.",
    "not-entitled":
      "Die Praxis verlangt etwas, das Sie nicht haben, etwa eine andere Versicherung. Fragen Sie am Empfang.",
    "no-slot-left":
      "Alle Besuche dieses Monats sind verbraucht. Sagen Sie es am Empfang: Die Praxis kann Sie ohne Anmeldung behandeln.",
    "check-in-refused": "Die Anmeldung wurde abgelehnt. Bitten Sie um einen neuen Code und scannen Sie ihn.",
    "bad-receipt": "Die Antwort bestätigt Ihre Anmeldung nicht. Fragen Sie am Empfang, ob Sie auf der Liste stehen.",
    "no-card":
      "Es gibt kein Netz, und dieses Telefon war nie bei dieser Praxis. Bitten Sie um den langen Code als Text, oder gehen Sie in ein Netz.",
    "no-parameters":
      "Diese App braucht einmal das Netz, für die Regeln dieses Monats. Versuchen Sie es dann noch einmal.",
    "log-stale":
      "Die öffentliche Liste ist nicht auf dem neuesten Stand. Versuchen Sie es später oder aus einem anderen Netz.",
    "stale-parameters":
      "Die Regeln sind überholt, oder die Uhr geht falsch. Prüfen Sie die Uhr und versuchen Sie es später.",
    "no-such-session": "Dieses Telefon kennt keinen solchen Besuch.",
    "card-not-open": "Dieser Besuch hat keine Karte. Nur eine bestätigte Anmeldung dieses Telefons hat eine.",
    "card-expired": "Die Karte dieses Besuchs gilt nicht mehr. Melden Sie sich neu an, wenn Sie noch gehen wollen.",
  },
};
