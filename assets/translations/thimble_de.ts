<?xml version="1.0" encoding="utf-8"?>
<!DOCTYPE TS>
<TS version="2.1" language="de_DE" sourcelanguage="en">
<context>
    <name>AboutSection</name>
    <message>
        <source>Show log</source>
        <translation>Protokoll anzeigen</translation>
    </message>
    <message>
        <source>Show licences</source>
        <translation>Lizenzen anzeigen</translation>
    </message>
    <message>
        <source>Models</source>
        <translation>Modelle</translation>
    </message>
    <message>
        <source>Engine</source>
        <translation>Engine</translation>
    </message>
    <message>
        <source>Conversations</source>
        <translation>Unterhaltungen</translation>
    </message>
    <message>
        <source>Log files</source>
        <translation>Protokolldateien</translation>
    </message>
    <message>
        <source>Thimble</source>
        <translation>Thimble</translation>
    </message>
    <message>
        <source>Version {0}</source>
        <translation>Version {0}</translation>
    </message>
    <message>
        <source>Licences</source>
        <translation>Lizenzen</translation>
    </message>
    <message>
        <source>Thimble is free software (MIT); it contains the work of others.</source>
        <translation>Thimble ist freie Software (MIT) und enthält die Arbeit anderer.</translation>
    </message>
    <message>
        <source>Open</source>
        <translation>Öffnen</translation>
    </message>
    <message>
        <source>Open folder: {0}</source>
        <translation>Ordner öffnen: {0}</translation>
    </message>
    <message>
        <source>with Thimble&apos;s patches</source>
        <translation>mit Thimbles Patches</translation>
    </message>
    <message>
        <source>unpatched</source>
        <translation>ohne Patches</translation>
    </message>
    <message>
        <source>llama.cpp, build {0}, {1}</source>
        <translation>llama.cpp, Build {0}, {1}</translation>
    </message>
</context>
<context>
    <name>AnswerView</name>
    <message>
        <source>Thinking…</source>
        <translation>Denkt nach&#xa0;…</translation>
    </message>
    <message>
        <source>Thoughts</source>
        <translation>Gedankengang</translation>
    </message>
    <message>
        <source>the model</source>
        <translation>dem Modell</translation>
    </message>
    <message>
        <source>Answer by {0}</source>
        <translation>Antwort von {0}</translation>
    </message>
    <message>
        <source>being written</source>
        <translation>wird geschrieben</translation>
    </message>
    <message>
        <source>stopped</source>
        <translation>gestoppt</translation>
    </message>
    <message>
        <source>failed</source>
        <translation>fehlgeschlagen</translation>
    </message>
    <message>
        <source>Write another answer</source>
        <translation>Neue Antwort schreiben</translation>
    </message>
    <message>
        <source>Stopped</source>
        <translation>Gestoppt</translation>
    </message>
    <message>
        <source>Continue this answer</source>
        <translation>Diese Antwort fortsetzen</translation>
    </message>
    <message>
        <source>Continue</source>
        <translation>Fortsetzen</translation>
    </message>
    <message>
        <source>Edit answer</source>
        <translation>Antwort bearbeiten</translation>
    </message>
    <message>
        <source>Delete answer</source>
        <translation>Antwort löschen</translation>
    </message>
    <message>
        <source>Context full</source>
        <translation>Kontext voll</translation>
    </message>
    <message>
        <source>Longest length reached</source>
        <translation>Größte Länge erreicht</translation>
    </message>
    <message>
        <source>Change the answer</source>
        <translation>Antwort ändern</translation>
    </message>
    <message>
        <source>Kept as a version beside this answer.</source>
        <translation>Bleibt als Fassung neben dieser Antwort stehen.</translation>
    </message>
    <message>
        <source>tokens unknown</source>
        <translation>Token unbekannt</translation>
    </message>
    <message>
        <source>Show formatted</source>
        <translation>Formatiert anzeigen</translation>
    </message>
    <message>
        <source>Show as plain text</source>
        <translation>Als reinen Text anzeigen</translation>
    </message>
    <message>
        <source>Stop reading aloud</source>
        <translation>Nicht mehr vorlesen</translation>
    </message>
    <message>
        <source>Read aloud</source>
        <translation>Vorlesen</translation>
    </message>
</context>
<context>
    <name>Answering</name>
    <message>
        <source>Waiting; requests before this one: {0}</source>
        <translation>In der Warteschlange; Anfragen davor: {0}</translation>
    </message>
    <message>
        <source>Reading… {0} of {1} tokens</source>
        <translation>Liest&#xa0;… {0} von {1} Token</translation>
    </message>
    <message>
        <source>about {0} left</source>
        <translation>noch etwa {0}</translation>
    </message>
    <message>
        <source>Waits for the other chat…</source>
        <translation>Wartet auf den anderen Chat …</translation>
    </message>
    <message>
        <source>Looking in the files…</source>
        <translation>Die Dateien werden durchsucht…</translation>
    </message>
    <message>
        <source>Waiting for {0}…</source>
        <translation>Wartet auf {0} …</translation>
    </message>
</context>
<context>
    <name>Answers</name>
    <message>
        <source>When</source>
        <translation>Wann</translation>
    </message>
    <message>
        <source>Writing</source>
        <translation>Schreiben</translation>
    </message>
    <message>
        <source>Reading</source>
        <translation>Lesen</translation>
    </message>
    <message>
        <source>First token</source>
        <translation>Erstes Token</translation>
    </message>
    <message>
        <source>Tokens</source>
        <translation>Token</translation>
    </message>
    <message>
        <source>In memory</source>
        <translation>Im Speicher</translation>
    </message>
    <message>
        <source>Disk/token</source>
        <translation>Gelesen/Token</translation>
    </message>
    <message>
        <source>Waiting</source>
        <translation>Wartezeit</translation>
    </message>
    <message>
        <source>Writing, tok/s</source>
        <translation>Schreiben, Token/s</translation>
    </message>
    <message>
        <source>Reading, tok/s</source>
        <translation>Lesen, Token/s</translation>
    </message>
    <message>
        <source>Limit</source>
        <translation>Limit</translation>
    </message>
    <message>
        <source>Model</source>
        <translation>Modell</translation>
    </message>
</context>
<context>
    <name>Attaching</name>
    <message>
        <source>Attach files</source>
        <translation>Dateien anhängen</translation>
    </message>
    <message>
        <source>Look for passages in a folder</source>
        <translation>Einen Ordner durchsuchen</translation>
    </message>
    <message>
        <source>Attach files or pictures…</source>
        <translation>Dateien oder Bilder anhängen …</translation>
    </message>
    <message>
        <source>Look in a folder…</source>
        <translation>Ordner durchsuchen…</translation>
    </message>
    <message>
        <source>Attach</source>
        <translation>Anhängen</translation>
    </message>
</context>
<context>
    <name>BenchmarkCard</name>
    <message>
        <source>Benchmark this machine</source>
        <translation>Diesen Computer messen</translation>
    </message>
    <message>
        <source>Measure</source>
        <translation>Messen</translation>
    </message>
    <message>
        <source>Stop</source>
        <translation>Stopp</translation>
    </message>
    <message>
        <source>Stop the benchmark</source>
        <translation>Messung abbrechen</translation>
    </message>
    <message>
        <source>Copy</source>
        <translation>Kopieren</translation>
    </message>
    <message>
        <source>Copy the result as text</source>
        <translation>Ergebnis als Text kopieren</translation>
    </message>
    <message>
        <source>writing</source>
        <translation>Schreiben</translation>
    </message>
    <message>
        <source>reading</source>
        <translation>Lesen</translation>
    </message>
    <message>
        <source>first token</source>
        <translation>erstes Token</translation>
    </message>
    <message>
        <source>experts in memory</source>
        <translation>Experten im Speicher</translation>
    </message>
    <message>
        <source>memory, all cores</source>
        <translation>Speicher, alle Kerne</translation>
    </message>
    <message>
        <source>disk, random reads</source>
        <translation>Laufwerk, verteilt gelesen</translation>
    </message>
    <message>
        <source>Not while an answer is written or a model loads</source>
        <translation>Nicht, während geantwortet oder ein Modell geladen wird</translation>
    </message>
    <message>
        <source>Measuring memory and disk…</source>
        <translation>Speicher und Laufwerk werden gemessen …</translation>
    </message>
    <message>
        <source>Stopping…</source>
        <translation>Wird abgebrochen …</translation>
    </message>
    <message>
        <source>no limit</source>
        <translation>kein Limit</translation>
    </message>
    <message>
        <source>Stopped.</source>
        <translation>Abgebrochen.</translation>
    </message>
    <message>
        <source>Writing {0} tokens…</source>
        <translation>{0} Token werden geschrieben …</translation>
    </message>
    <message>
        <source>Takes some seconds: how fast memory and disk are, and how fast the loaded model answers.</source>
        <translation>Dauert einige Sekunden: wie schnell Speicher und Laufwerk sind und wie schnell das geladene Modell antwortet.</translation>
    </message>
    <message>
        <source>{0} tok/s</source>
        <translation>{0} Token/s</translation>
    </message>
    <message>
        <source>limit {0}</source>
        <translation>Limit {0}</translation>
    </message>
</context>
<context>
    <name>Catalogue</name>
    <message>
        <source>Made for little memory: experts on disk, answers without long thinking.</source>
        <translation>Für wenig Speicher gemacht: Experten auf der Platte, Antworten ohne langes Nachdenken.</translation>
    </message>
    <message>
        <source>The big sister: knows more, still works where its file does not fit into memory.</source>
        <translation>Die große Schwester: weiß mehr und läuft auch dort, wo ihre Datei nicht in den Speicher passt.</translation>
    </message>
    <message>
        <source>A strong all-rounder that can think before it answers.</source>
        <translation>Ein starker Allrounder, der vor der Antwort nachdenken kann.</translation>
    </message>
    <message>
        <source>OpenAI&apos;s open model: reasoning with adjustable effort.</source>
        <translation>OpenAIs offenes Modell: Nachdenken mit einstellbarem Aufwand.</translation>
    </message>
    <message>
        <source>Small and quick, with training data and code open to all.</source>
        <translation>Klein und schnell; Trainingsdaten und Programm sind für alle offen.</translation>
    </message>
    <message>
        <source>A chat model of middle size with a very small memory for context.</source>
        <translation>Ein mittelgroßes Chat-Modell, dessen Kontext sehr wenig Speicher braucht.</translation>
    </message>
    <message>
        <source>IBM&apos;s small expert model for summaries, lists and questions about a text.</source>
        <translation>IBMs kleines Expertenmodell für Zusammenfassungen, Listen und Fragen zu einem Text.</translation>
    </message>
    <message>
        <source>Without experts: all of it has to be in memory.</source>
        <translation>Ohne Experten: Es muss ganz in den Speicher.</translation>
    </message>
    <message>
        <source>Small, without experts; can think before it answers.</source>
        <translation>Klein, ohne Experten; kann vor der Antwort nachdenken.</translation>
    </message>
    <message>
        <source>{0} weights</source>
        <translation>{0} Gewichte</translation>
    </message>
    <message>
        <source>{0} for each token</source>
        <translation>{0} für jedes Token</translation>
    </message>
    <message>
        <source>{0} tokens of context</source>
        <translation>{0} Token Kontext</translation>
    </message>
</context>
<context>
    <name>ChatActions</name>
    <message>
        <source>Instructions</source>
        <translation>Anweisungen</translation>
    </message>
    <message>
        <source>You</source>
        <translation>Ich</translation>
    </message>
    <message>
        <source>Answer</source>
        <translation>Antwort</translation>
    </message>
    <message>
        <source>New chat</source>
        <translation>Neuer Chat</translation>
    </message>
    <message>
        <source>The conversation is on the clipboard as Markdown.</source>
        <translation>Die Unterhaltung liegt als Markdown in der Zwischenablage.</translation>
    </message>
    <message>
        <source>Conversation deleted.</source>
        <translation>Unterhaltung gelöscht.</translation>
    </message>
    <message>
        <source>Conversation</source>
        <translation>Unterhaltung</translation>
    </message>
    <message>
        <source>Rename</source>
        <translation>Umbenennen</translation>
    </message>
    <message>
        <source>Copy as Markdown</source>
        <translation>Als Markdown kopieren</translation>
    </message>
    <message>
        <source>Delete</source>
        <translation>Löschen</translation>
    </message>
    <message>
        <source>Delete {0} chats for good? This cannot be undone.</source>
        <translation>{0} Chats endgültig löschen? Das lässt sich nicht rückgängig machen.</translation>
    </message>
    <message>
        <source>Empty the trash</source>
        <translation>Papierkorb leeren</translation>
    </message>
    <message>
        <source>Delete for good</source>
        <translation>Endgültig löschen</translation>
    </message>
    <message>
        <source>Folder removed; its chats are still there.</source>
        <translation>Ordner entfernt; seine Chats sind noch da.</translation>
    </message>
    <message>
        <source>Exported to {0}.</source>
        <translation>Nach {0} exportiert.</translation>
    </message>
    <message>
        <source>{0} chats exported to {1}.</source>
        <translation>{0} Chats nach {1} exportiert.</translation>
    </message>
    <message>
        <source>1 chat imported.</source>
        <translation>1 Chat importiert.</translation>
    </message>
    <message>
        <source>{0} chats imported.</source>
        <translation>{0} Chats importiert.</translation>
    </message>
    <message>
        <source>Import chats</source>
        <translation>Chats importieren</translation>
    </message>
    <message>
        <source>Export chat</source>
        <translation>Chat exportieren</translation>
    </message>
    <message>
        <source>Export all chats</source>
        <translation>Alle Chats exportieren</translation>
    </message>
    <message>
        <source>Thoughts</source>
        <translation>Gedanken</translation>
    </message>
    <message>
        <source>Keep this chat</source>
        <translation>Diesen Chat behalten</translation>
    </message>
    <message>
        <source>Discard</source>
        <translation>Verwerfen</translation>
    </message>
    <message>
        <source>Export as PDF…</source>
        <translation>Als PDF exportieren…</translation>
    </message>
    <message>
        <source>Folder</source>
        <translation>Ordner</translation>
    </message>
    <message>
        <source>Remove folder</source>
        <translation>Ordner entfernen</translation>
    </message>
    <message>
        <source>Restore</source>
        <translation>Wiederherstellen</translation>
    </message>
    <message>
        <source>Unpin</source>
        <translation>Loslösen</translation>
    </message>
    <message>
        <source>Pin</source>
        <translation>Anheften</translation>
    </message>
    <message>
        <source>Move to folder</source>
        <translation>In Ordner verschieben</translation>
    </message>
    <message>
        <source>Out of the folder</source>
        <translation>Aus dem Ordner heraus</translation>
    </message>
    <message>
        <source>Export as Markdown…</source>
        <translation>Als Markdown exportieren&#xa0;…</translation>
    </message>
    <message>
        <source>Export as JSON…</source>
        <translation>Als JSON exportieren&#xa0;…</translation>
    </message>
    <message>
        <source>Open beside</source>
        <translation>Daneben öffnen</translation>
    </message>
    <message>
        <source>Chats (*.json *.jsonl *.zip *.chat);;All files (*)</source>
        <translation>Chats (*.json *.jsonl *.zip *.chat);;Alle Dateien (*)</translation>
    </message>
</context>
<context>
    <name>ChatController</name>
    <message>
        <source>The files stay in the other chat: one of the two is stored nowhere.</source>
        <translation>Die Dateien bleiben im anderen Chat: Einer der beiden wird nirgends gespeichert.</translation>
    </message>
</context>
<context>
    <name>ChatDelegate</name>
    <message>
        <source>Title</source>
        <translation>Titel</translation>
    </message>
</context>
<context>
    <name>ChatListPanel</name>
    <message>
        <source>Chats</source>
        <translation>Chats</translation>
    </message>
    <message>
        <source>Search chats</source>
        <translation>Chats durchsuchen</translation>
    </message>
    <message>
        <source>New chat</source>
        <translation>Neuer Chat</translation>
    </message>
    <message>
        <source>Your chats will be listed here.</source>
        <translation>Hier erscheinen die Chats.</translation>
    </message>
    <message>
        <source>Today</source>
        <translation>Heute</translation>
    </message>
    <message>
        <source>Yesterday</source>
        <translation>Gestern</translation>
    </message>
    <message>
        <source>Previous 7 days</source>
        <translation>Letzte 7 Tage</translation>
    </message>
    <message>
        <source>Older</source>
        <translation>Älter</translation>
    </message>
    <message>
        <source>1 chat found</source>
        <translation>1 Chat gefunden</translation>
    </message>
    <message>
        <source>{0} chats found</source>
        <translation>{0} Chats gefunden</translation>
    </message>
    <message>
        <source>No chat has these words.</source>
        <translation>Kein Chat enthält diese Wörter.</translation>
    </message>
    <message>
        <source>Back to chats</source>
        <translation>Zurück zu den Chats</translation>
    </message>
    <message>
        <source>More for chats</source>
        <translation>Mehr zu Chats</translation>
    </message>
    <message>
        <source>Trash: kept for 30 days</source>
        <translation>Papierkorb: 30 Tage aufbewahrt</translation>
    </message>
    <message>
        <source>The trash is empty.</source>
        <translation>Der Papierkorb ist leer.</translation>
    </message>
    <message>
        <source>Temporary, stored nowhere</source>
        <translation>Nirgends gespeichert</translation>
    </message>
    <message>
        <source>Pinned</source>
        <translation>Angeheftet</translation>
    </message>
    <message>
        <source>New temporary chat</source>
        <translation>Neuer vorübergehender Chat</translation>
    </message>
    <message>
        <source>New folder</source>
        <translation>Neuer Ordner</translation>
    </message>
    <message>
        <source>Import chats…</source>
        <translation>Chats importieren&#xa0;…</translation>
    </message>
    <message>
        <source>Export all chats…</source>
        <translation>Alle Chats exportieren&#xa0;…</translation>
    </message>
    <message>
        <source>Trash</source>
        <translation>Papierkorb</translation>
    </message>
    <message>
        <source>Empty the trash</source>
        <translation>Papierkorb leeren</translation>
    </message>
</context>
<context>
    <name>ChatPage</name>
    <message>
        <source>Chat</source>
        <translation>Chat</translation>
    </message>
</context>
<context>
    <name>ChatPane</name>
    <message>
        <source>Chat</source>
        <translation>Chat</translation>
    </message>
    <message>
        <source>Pasted text</source>
        <translation>Eingefügter Text</translation>
    </message>
    <message>
        <source>The model is ready.</source>
        <translation>Das Modell ist bereit.</translation>
    </message>
    <message>
        <source>Pasted picture</source>
        <translation>Eingefügtes Bild</translation>
    </message>
</context>
<context>
    <name>ChatRows</name>
    <message>
        <source>closed</source>
        <translation>geschlossen</translation>
    </message>
    <message>
        <source>open</source>
        <translation>offen</translation>
    </message>
</context>
<context>
    <name>ChoiceRow</name>
    <message>
        <source>{0} parts</source>
        <translation>{0} Teile</translation>
    </message>
    <message>
        <source>suggested</source>
        <translation>empfohlen</translation>
    </message>
    <message>
        <source>Download</source>
        <translation>Herunterladen</translation>
    </message>
    <message>
        <source>Download {0}</source>
        <translation>{0} herunterladen</translation>
    </message>
    <message>
        <source>pictures: + {0}</source>
        <translation>Bilder: + {0}</translation>
    </message>
</context>
<context>
    <name>CodeItem</name>
    <message>
        <source>Code</source>
        <translation>Code</translation>
    </message>
</context>
<context>
    <name>CompareCard</name>
    <message>
        <source>Two answers compared</source>
        <translation>Zwei Antworten im Vergleich</translation>
    </message>
    <message>
        <source>Choose two answers in the table: Ctrl and click.</source>
        <translation>Wählen Sie in der Tabelle zwei Antworten: Strg und Klick.</translation>
    </message>
</context>
<context>
    <name>Composer</name>
    <message>
        <source>Ask anything…</source>
        <translation>Frage stellen&#xa0;…</translation>
    </message>
    <message>
        <source>Your message</source>
        <translation>Nachricht</translation>
    </message>
    <message>
        <source>Tokens used</source>
        <translation>Verwendete Token</translation>
    </message>
    <message>
        <source>Tokens of this conversation, of those the model can see at once</source>
        <translation>Token dieser Unterhaltung von allen, die das Modell auf einmal überblickt</translation>
    </message>
    <message>
        <source>Stop</source>
        <translation>Stoppen</translation>
    </message>
    <message>
        <source>Send</source>
        <translation>Senden</translation>
    </message>
    <message>
        <source>Send when this answer is done</source>
        <translation>Senden, wenn diese Antwort fertig ist</translation>
    </message>
    <message>
        <source>Too long for the model: {0} tokens, and it can see {1} at once.</source>
        <translation>Zu lang für das Modell: {0} Token, und es überblickt {1} auf einmal.</translation>
    </message>
    <message>
        <source>Ask both chats</source>
        <translation>Beide Chats fragen</translation>
    </message>
    <message>
        <source>Attach files or a folder</source>
        <translation>Dateien oder einen Ordner anhängen</translation>
    </message>
    <message>
        <source>Add, ask nothing</source>
        <translation>Hinzufügen, nichts fragen</translation>
    </message>
    <message>
        <source>Add as an answer of the model</source>
        <translation>Als Antwort des Modells hinzufügen</translation>
    </message>
</context>
<context>
    <name>ComputerCard</name>
    <message>
        <source>Memory and disk of this computer</source>
        <translation>Speicher und Laufwerk dieses Computers</translation>
    </message>
    <message>
        <source>Engine</source>
        <translation>Engine</translation>
    </message>
    <message>
        <source>Other programs</source>
        <translation>Andere Programme</translation>
    </message>
    <message>
        <source>Files in the page cache</source>
        <translation>Dateien im Seitencache</translation>
    </message>
    <message>
        <source>Available</source>
        <translation>Verfügbar</translation>
    </message>
    <message>
        <source>Waiting for memory</source>
        <translation>Warten auf Speicher</translation>
    </message>
    <message>
        <source>Disks, reading</source>
        <translation>Laufwerke, lesen</translation>
    </message>
    <message>
        <source>Disks, writing</source>
        <translation>Laufwerke, schreiben</translation>
    </message>
    <message>
        <source>not counted here</source>
        <translation>wird hier nicht gezählt</translation>
    </message>
    <message>
        <source>not told by this system</source>
        <translation>sagt dieses System nicht</translation>
    </message>
    <message>
        <source>this group</source>
        <translation>diese Gruppe</translation>
    </message>
    <message>
        <source>whole computer</source>
        <translation>ganzer Computer</translation>
    </message>
    <message>
        <source>{0} of the time ({1})</source>
        <translation>{0} der Zeit ({1})</translation>
    </message>
</context>
<context>
    <name>ConnectionForm</name>
    <message>
        <source>Save and check</source>
        <translation>Speichern und prüfen</translation>
    </message>
    <message>
        <source>Connection</source>
        <translation>Verbindung</translation>
    </message>
    <message>
        <source>Address</source>
        <translation>Adresse</translation>
    </message>
    <message>
        <source>Name</source>
        <translation>Name</translation>
    </message>
    <message>
        <source>Office</source>
        <translation>Büro</translation>
    </message>
    <message>
        <source>Leave this empty to keep the key there is; write - to forget it.</source>
        <translation>Leer lassen, um den vorhandenen Schlüssel zu behalten; - löscht ihn.</translation>
    </message>
    <message>
        <source>Key</source>
        <translation>Schlüssel</translation>
    </message>
    <message>
        <source>only if the server wants one</source>
        <translation>nur, wenn der Server einen verlangt</translation>
    </message>
    <message>
        <source>Kept in the system&apos;s keyring, sent to this server only.</source>
        <translation>Liegt im Schlüsselbund des Systems und geht nur an diesen Server.</translation>
    </message>
</context>
<context>
    <name>ConnectionsPage</name>
    <message>
        <source>Connections</source>
        <translation>Verbindungen</translation>
    </message>
</context>
<context>
    <name>ConversationView</name>
    <message>
        <source>Conversation</source>
        <translation>Unterhaltung</translation>
    </message>
</context>
<context>
    <name>CoresCard</name>
    <message>
        <source>Processors</source>
        <translation>Prozessoren</translation>
    </message>
    <message>
        <source>Core {0}</source>
        <translation>Kern {0}</translation>
    </message>
    <message>
        <source>{0} of {1} in use</source>
        <translation>{0} von {1} belegt</translation>
    </message>
    <message>
        <source>engine {0} · this window {1} · others {2}</source>
        <translation>Engine {0} · dieses Fenster {1} · andere {2}</translation>
    </message>
    <message>
        <source>Processor</source>
        <translation>Prozessor</translation>
    </message>
    <message>
        <source>Busy</source>
        <translation>Auslastung</translation>
    </message>
</context>
<context>
    <name>Course</name>
    <message>
        <source>Predicted share of experts found in memory, by memory limit</source>
        <translation>Erwarteter Anteil der Experten im Speicher, je nach Limit</translation>
    </message>
</context>
<context>
    <name>CourseCard</name>
    <message>
        <source>History</source>
        <translation>Verlauf</translation>
    </message>
    <message>
        <source>What the chart shows</source>
        <translation>Was das Diagramm zeigt</translation>
    </message>
    <message>
        <source>{0} s ago</source>
        <translation>vor {0} s</translation>
    </message>
    <message>
        <source>When</source>
        <translation>Wann</translation>
    </message>
</context>
<context>
    <name>Courses</name>
    <message>
        <source>Writing, tok/s</source>
        <translation>Schreiben, Token/s</translation>
    </message>
    <message>
        <source>Reading, tok/s</source>
        <translation>Lesen, Token/s</translation>
    </message>
    <message>
        <source>Found in memory, and waiting</source>
        <translation>Im Speicher gefunden, Warten</translation>
    </message>
    <message>
        <source>Disk</source>
        <translation>Laufwerk</translation>
    </message>
    <message>
        <source>Disk per token</source>
        <translation>Gelesen pro Token</translation>
    </message>
    <message>
        <source>Memory</source>
        <translation>Arbeitsspeicher</translation>
    </message>
    <message>
        <source>Processor</source>
        <translation>Prozessor</translation>
    </message>
    <message>
        <source>writing</source>
        <translation>Schreiben</translation>
    </message>
    <message>
        <source>reading</source>
        <translation>Lesen</translation>
    </message>
    <message>
        <source>found in memory</source>
        <translation>im Speicher gefunden</translation>
    </message>
    <message>
        <source>time waiting for the disk</source>
        <translation>Zeit mit Warten aufs Laufwerk</translation>
    </message>
    <message>
        <source>read for experts</source>
        <translation>für Experten gelesen</translation>
    </message>
    <message>
        <source>read for each token</source>
        <translation>pro Token gelesen</translation>
    </message>
    <message>
        <source>engine</source>
        <translation>Engine</translation>
    </message>
    <message>
        <source>engine, of one core</source>
        <translation>Engine, von einem Kern</translation>
    </message>
</context>
<context>
    <name>DataTable</name>
    <message>
        <source>{0}, rows</source>
        <translation>{0}, Zeilen</translation>
    </message>
    <message>
        <source>{0}, columns</source>
        <translation>{0}, Spalten</translation>
    </message>
</context>
<context>
    <name>DictateButton</name>
    <message>
        <source>Dictate</source>
        <translation>Diktieren</translation>
    </message>
    <message>
        <source>Write down what you said</source>
        <translation>Gesagtes aufschreiben</translation>
    </message>
    <message>
        <source>Writing down what you said; press to stop</source>
        <translation>Gesagtes wird aufgeschrieben; drücken zum Abbrechen</translation>
    </message>
</context>
<context>
    <name>Dictation</name>
    <message>
        <source>Speech models ({0})</source>
        <translation>Whisper-Modelle ({0})</translation>
    </message>
    <message>
        <source>Choose a speech model</source>
        <translation>Modell zum Diktieren wählen</translation>
    </message>
    <message>
        <source>This computer has no program that records.</source>
        <translation>Dieser Computer hat kein Programm, das aufnimmt.</translation>
    </message>
    <message>
        <source>Install “pulseaudio-utils”, “alsa-utils” or “sox” from your system&apos;s packages.</source>
        <translation>Installieren Sie „pulseaudio-utils“, „alsa-utils“ oder „sox“ aus den Paketen Ihres Systems.</translation>
    </message>
    <message>
        <source>Choose a file…</source>
        <translation>Datei wählen …</translation>
    </message>
    <message>
        <source>Recording did not work: {0} failed. Check that there is a microphone.</source>
        <translation>Die Aufnahme hat nicht funktioniert: {0} ist gescheitert. Prüfen Sie, ob es ein Mikrofon gibt.</translation>
    </message>
    <message>
        <source>Nothing was heard. Check the microphone.</source>
        <translation>Es war nichts zu hören. Prüfen Sie das Mikrofon.</translation>
    </message>
    <message>
        <source>No words were heard.</source>
        <translation>Es waren keine Worte zu hören.</translation>
    </message>
    <message>
        <source>The speech model ended the program that ran it; what you said is kept.</source>
        <translation>Das Whisper-Modell brachte sein Programm zum Absturz; das Gesagte ist noch da.</translation>
    </message>
    <message>
        <source>Try again</source>
        <translation>Erneut versuchen</translation>
    </message>
    <message>
        <source>The model for dictation is on its way; the Models page shows how far.</source>
        <translation>Das Modell zum Diktieren ist unterwegs; die Seite „Modelle“ zeigt, wie weit.</translation>
    </message>
    <message>
        <source>Dictation needs a Whisper model: {0} from the hub (about 150 MB), or one that you choose in the settings.</source>
        <translation>Zum Diktieren braucht es ein Whisper-Modell: {0} aus dem Hub (etwa 150 MB) oder eines, das Sie in den Einstellungen wählen.</translation>
    </message>
    <message>
        <source>Download</source>
        <translation>Herunterladen</translation>
    </message>
</context>
<context>
    <name>DiskCard</name>
    <message>
        <source>Disk and look-ahead</source>
        <translation>Laufwerk und Vorausschau</translation>
    </message>
    <message>
        <source>Read for each token</source>
        <translation>Pro Token gelesen</translation>
    </message>
    <message>
        <source>Disk in use</source>
        <translation>Laufwerk in Gebrauch</translation>
    </message>
    <message>
        <source>One read takes</source>
        <translation>Ein Lesezugriff dauert</translation>
    </message>
    <message>
        <source>Foretold experts that were right</source>
        <translation>Richtig vorhergesagte Experten</translation>
    </message>
    <message>
        <source>Experts that made room</source>
        <translation>Experten, die Platz machten</translation>
    </message>
    <message>
        <source>Neurons switched on</source>
        <translation>Eingeschaltete Neuronen</translation>
    </message>
    <message>
        <source>{0} MiB</source>
        <translation>{0} MiB</translation>
    </message>
    <message>
        <source>{0} a token</source>
        <translation>{0} pro Token</translation>
    </message>
    <message>
        <source>nothing to read</source>
        <translation>nichts zu lesen</translation>
    </message>
    <message>
        <source>idle</source>
        <translation>ruht</translation>
    </message>
    <message>
        <source>{0} of {1}</source>
        <translation>{0} von {1}</translation>
    </message>
    <message>
        <source>{0} · {1} are possible</source>
        <translation>{0} · {1} sind möglich</translation>
    </message>
    <message>
        <source>{0} for {1}</source>
        <translation>{0} für {1}</translation>
    </message>
</context>
<context>
    <name>DownloadCenter</name>
    <message>
        <source>The download of {0} was cancelled.</source>
        <translation>Das Herunterladen von {0} wurde abgebrochen.</translation>
    </message>
</context>
<context>
    <name>DownloadRow</name>
    <message>
        <source>Download of {0}</source>
        <translation>Herunterladen von {0}</translation>
    </message>
    <message>
        <source>Pause: {0}</source>
        <translation>Anhalten: {0}</translation>
    </message>
    <message>
        <source>Resume: {0}</source>
        <translation>Fortsetzen: {0}</translation>
    </message>
    <message>
        <source>Cancel: {0}</source>
        <translation>Abbrechen: {0}</translation>
    </message>
    <message>
        <source>Chat</source>
        <translation>Chatten</translation>
    </message>
    <message>
        <source>Chat with {0}</source>
        <translation>Mit {0} chatten</translation>
    </message>
    <message>
        <source>{0} of {1}</source>
        <translation>{0} von {1}</translation>
    </message>
    <message>
        <source>Thimble works offline</source>
        <translation>Thimble arbeitet offline</translation>
    </message>
    <message>
        <source>waits for its turn</source>
        <translation>wartet, bis es an der Reihe ist</translation>
    </message>
    <message>
        <source>Checking what is here: {0}</source>
        <translation>Prüfe, was schon hier ist: {0}</translation>
    </message>
    <message>
        <source>{0} left</source>
        <translation>noch {0}</translation>
    </message>
    <message>
        <source>{0} Trying again by itself.</source>
        <translation>{0} Wird von selbst wieder versucht.</translation>
    </message>
    <message>
        <source>Paused at {0}</source>
        <translation>Angehalten bei {0}</translation>
    </message>
    <message>
        <source>Ready, {0}</source>
        <translation>Fertig, {0}</translation>
    </message>
</context>
<context>
    <name>DownloadTray</name>
    <message>
        <source>Downloads</source>
        <translation>Downloads</translation>
    </message>
</context>
<context>
    <name>EditPanel</name>
    <message>
        <source>Cancel</source>
        <translation>Abbrechen</translation>
    </message>
    <message>
        <source>Save</source>
        <translation>Speichern</translation>
    </message>
</context>
<context>
    <name>EmptyPage</name>
    <message>
        <source>New chat</source>
        <translation>Neuer Chat</translation>
    </message>
    <message>
        <source>What would you like to know?</source>
        <translation>Worum geht es heute?</translation>
    </message>
    <message>
        <source>Everything you write stays on this computer.</source>
        <translation>Alles Geschriebene bleibt auf diesem Computer.</translation>
    </message>
    <message>
        <source>What you write here is sent to {0} ({1}).</source>
        <translation>Was Sie hier schreiben, geht an {0} ({1}).</translation>
    </message>
    <message>
        <source>What you write here goes to {0} ({1}), another program on this computer.</source>
        <translation>Was Sie hier schreiben, geht an {0} ({1}), ein anderes Programm auf diesem Computer.</translation>
    </message>
    <message>
        <source>Ask me about Thimble</source>
        <translation>Fragen Sie mich nach Thimble</translation>
    </message>
    <message>
        <source>I am tiny: I know Thimble and short stories, speak English, and see only your last question.</source>
        <translation>Ich bin winzig: Ich kenne Thimble und kurze Geschichten, spreche Englisch und sehe nur Ihre letzte Frage.</translation>
    </message>
</context>
<context>
    <name>EngineState</name>
    <message>
        <source>no model loaded</source>
        <translation>kein Modell geladen</translation>
    </message>
    <message>
        <source>loading</source>
        <translation>wird geladen</translation>
    </message>
    <message>
        <source>ready</source>
        <translation>bereit</translation>
    </message>
    <message>
        <source>answering</source>
        <translation>antwortet</translation>
    </message>
    <message>
        <source>stopped</source>
        <translation>gestoppt</translation>
    </message>
    <message>
        <source>starting</source>
        <translation>startet</translation>
    </message>
</context>
<context>
    <name>Examples</name>
    <message>
        <source>A question</source>
        <translation>Frage (auf Englisch)</translation>
    </message>
    <message>
        <source>Why is the sky blue?</source>
        <translatorcomment>Stays English: the starter model knows no other language. The kind above it says so.</translatorcomment>
        <translation>Why is the sky blue?</translation>
    </message>
    <message>
        <source>A list</source>
        <translation>Liste (auf Englisch)</translation>
    </message>
    <message>
        <source>Three tips for better sleep</source>
        <translatorcomment>Stays English: the starter model knows no other language. The kind above it says so.</translatorcomment>
        <translation>Three tips for better sleep</translation>
    </message>
    <message>
        <source>Some code</source>
        <translation>Code (auf Englisch)</translation>
    </message>
    <message>
        <source>Write a Python function that reverses a string</source>
        <translatorcomment>Stays English: the starter model knows no other language. The kind above it says so.</translatorcomment>
        <translation>Write a Python function that reverses a string</translation>
    </message>
    <message>
        <source>How to</source>
        <translation>Anleitung</translation>
    </message>
    <message>
        <source>Speed</source>
        <translation>Geschwindigkeit</translation>
    </message>
    <message>
        <source>A word</source>
        <translation>Ein Wort</translation>
    </message>
    <message>
        <source>A story</source>
        <translation>Eine Geschichte</translation>
    </message>
</context>
<context>
    <name>ExamplesCard</name>
    <message>
        <source>Examples</source>
        <translation>Beispiele</translation>
    </message>
    <message>
        <source>Example: {0}</source>
        <translation>Beispiel: {0}</translation>
    </message>
    <message>
        <source>Copy</source>
        <translation>Kopieren</translation>
    </message>
    <message>
        <source>Copy the example</source>
        <translation>Beispiel kopieren</translation>
    </message>
</context>
<context>
    <name>ExpertsCard</name>
    <message>
        <source>Layers and experts</source>
        <translation>Schichten und Experten</translation>
    </message>
    <message>
        <source>The stronger the colour, the more often it is used</source>
        <translation>Je kräftiger die Farbe, desto öfter gebraucht</translation>
    </message>
    <message>
        <source>in memory</source>
        <translation>im Speicher</translation>
    </message>
    <message>
        <source>on disk</source>
        <translation>auf dem Laufwerk</translation>
    </message>
    <message>
        <source>Expert</source>
        <translation>Experte</translation>
    </message>
    <message>
        <source>Uses</source>
        <translation>Gebraucht</translation>
    </message>
    <message>
        <source>Share</source>
        <translation>Anteil</translation>
    </message>
    <message>
        <source>Missing</source>
        <translation>Gefehlt</translation>
    </message>
    <message>
        <source>Where</source>
        <translation>Wo</translation>
    </message>
    <message>
        <source>layer {0}, expert {1}</source>
        <translation>Schicht {0}, Experte {1}</translation>
    </message>
</context>
<context>
    <name>ExpertsView</name>
    <message>
        <source>Experts</source>
        <translation>Experten</translation>
    </message>
    <message>
        <source>The loaded model keeps no experts on disk: all of it is in memory, and there is nothing to tell.</source>
        <translation>Das geladene Modell hält keine Experten auf dem Laufwerk: Es ist ganz im Speicher, und hier gibt es nichts zu berichten.</translation>
    </message>
</context>
<context>
    <name>Failures</name>
    <message>
        <source>A function call needs the function&apos;s name.</source>
        <translation>Ein Funktionsaufruf braucht den Namen der Funktion.</translation>
    </message>
    <message>
        <source>A grammar or JSON schema was too hard for the engine, which ended itself.</source>
        <translation>Eine Grammatik oder ein JSON-Schema war zu schwer für die Engine, deshalb hat sie sich beendet.</translation>
    </message>
    <message>
        <source>A message needs a role.</source>
        <translation>Eine Nachricht braucht eine Rolle.</translation>
    </message>
    <message>
        <source>A model with {0} experts in a layer is not supported</source>
        <translation>Ein Modell mit {0} Experten in einer Schicht wird nicht unterstützt</translation>
    </message>
    <message>
        <source>A model with {0} experts in a layer is not supported: {1}</source>
        <translation>Ein Modell mit {0} Experten in einer Schicht wird nicht unterstützt: {1}</translation>
    </message>
    <message>
        <source>A picture needs a “source”.</source>
        <translation>Ein Bild braucht eine „source“.</translation>
    </message>
    <message>
        <source>A quote in the command is not closed.</source>
        <translation>Ein Anführungszeichen im Befehl ist nicht geschlossen.</translation>
    </message>
    <message>
        <source>A tool must be called, but “tools” is empty.</source>
        <translation>Ein Werkzeug muss aufgerufen werden, aber „tools“ ist leer.</translation>
    </message>
    <message>
        <source>An engine of another version of Thimble is running.</source>
        <translation>Es läuft eine Engine einer anderen Thimble-Version.</translation>
    </message>
    <message>
        <source>An environment variable has to be written as NAME=value, one on each line.</source>
        <translation>Eine Umgebungsvariable muss als NAME=Wert geschrieben sein, eine je Zeile.</translation>
    </message>
    <message>
        <source>Another Thimble window is in charge of the downloads.</source>
        <translation>Um die Downloads kümmert sich ein anderes Thimble-Fenster.</translation>
    </message>
    <message>
        <source>Another Thimble window is still opening the conversations.</source>
        <translation>Ein anderes Thimble-Fenster öffnet die Unterhaltungen gerade noch.</translation>
    </message>
    <message>
        <source>Another Thimble window kept the conversations busy, so this could not be saved.</source>
        <translation>Ein anderes Thimble-Fenster hielt die Unterhaltungen besetzt; dies konnte deshalb nicht gespeichert werden.</translation>
    </message>
    <message>
        <source>Another engine of yours is already running.</source>
        <translation>Es läuft schon eine andere Engine von Ihnen.</translation>
    </message>
    <message>
        <source>Ask again.</source>
        <translation>Noch einmal fragen.</translation>
    </message>
    <message>
        <source>Ask for access on its page with the account your token belongs to.</source>
        <translation>Auf der Seite des Modells um Zugang bitten, mit dem Konto, zu dem der Zugangsschlüssel gehört.</translation>
    </message>
    <message>
        <source>Ask for access on its page, then enter your access token in the settings.</source>
        <translation>Auf der Seite des Modells um Zugang bitten, dann den Zugangsschlüssel in den Einstellungen eingeben.</translation>
    </message>
    <message>
        <source>Attach the part of it that matters.</source>
        <translation>Nur den Teil anhängen, auf den es ankommt.</translation>
    </message>
    <message>
        <source>Begin a new chat, or remove messages or files.</source>
        <translation>Einen neuen Chat beginnen oder Nachrichten oder Dateien entfernen.</translation>
    </message>
    <message>
        <source>Build Thimble&apos;s own: python3 -m installer engine</source>
        <translation>Die von Thimble bauen: python3 -m installer engine</translation>
    </message>
    <message>
        <source>Build it again: python3 -m installer engine</source>
        <translation>Noch einmal bauen: python3 -m installer engine</translation>
    </message>
    <message>
        <source>Build it: python3 -m installer engine</source>
        <translation>So wird sie gebaut: python3 -m installer engine</translation>
    </message>
    <message>
        <source>Cancelled.</source>
        <translation>Abgebrochen.</translation>
    </message>
    <message>
        <source>Change its permissions or choose another model file.</source>
        <translation>Die Zugriffsrechte ändern oder eine andere Modelldatei wählen.</translation>
    </message>
    <message>
        <source>Change the grammar.</source>
        <translation>Die Grammatik ändern.</translation>
    </message>
    <message>
        <source>Change the template on the model&apos;s card, or use another model.</source>
        <translation>Ändern Sie die Vorlage auf der Karte des Modells, oder nehmen Sie ein anderes Modell.</translation>
    </message>
    <message>
        <source>Check its disk.</source>
        <translation>Das Laufwerk prüfen.</translation>
    </message>
    <message>
        <source>Check its name.</source>
        <translation>Prüfen Sie ihren Namen.</translation>
    </message>
    <message>
        <source>Check its permissions and its disk, or choose another one in the settings.</source>
        <translation>Zugriffsrechte und Laufwerk prüfen oder in den Einstellungen einen anderen wählen.</translation>
    </message>
    <message>
        <source>Check its permissions or choose another models folder.</source>
        <translation>Die Zugriffsrechte prüfen oder einen anderen Modellordner wählen.</translation>
    </message>
    <message>
        <source>Check its permissions.</source>
        <translation>Die Zugriffsrechte prüfen.</translation>
    </message>
    <message>
        <source>Check that it runs and that the address is right: it often ends in /mcp.</source>
        <translation>Prüfen, ob er läuft und die Adresse stimmt: Sie endet oft auf /mcp.</translation>
    </message>
    <message>
        <source>Check that its disk is connected and sound.</source>
        <translation>Prüfen, ob das Laufwerk angeschlossen und in Ordnung ist.</translation>
    </message>
    <message>
        <source>Check that the disk is connected and sound.</source>
        <translation>Prüfen, ob das Laufwerk angeschlossen und in Ordnung ist.</translation>
    </message>
    <message>
        <source>Check that the disk is not full and the folder may be written.</source>
        <translation>Prüfen, ob das Laufwerk voll ist und der Ordner beschrieben werden darf.</translation>
    </message>
    <message>
        <source>Check that the disk is not full and the settings folder may be written.</source>
        <translation>Prüfen, ob das Laufwerk voll ist und der Ordner der Einstellungen beschrieben werden darf.</translation>
    </message>
    <message>
        <source>Check that the file is there and may be read.</source>
        <translation>Prüfen, ob die Datei vorhanden ist und gelesen werden darf.</translation>
    </message>
    <message>
        <source>Check that the folder may be written.</source>
        <translation>Prüfen, ob der Ordner beschrieben werden darf.</translation>
    </message>
    <message>
        <source>Check that the server runs and that its address is right.</source>
        <translation>Prüfen, ob der Server läuft und seine Adresse stimmt.</translation>
    </message>
    <message>
        <source>Check the address: it often ends in /v1.</source>
        <translation>Die Adresse prüfen: Sie endet oft auf /v1.</translation>
    </message>
    <message>
        <source>Check the address; a company&apos;s own certificates can be named in SSL_CERT_FILE.</source>
        <translation>Die Adresse prüfen; eigene Zertifikate einer Firma lassen sich in SSL_CERT_FILE nennen.</translation>
    </message>
    <message>
        <source>Check the disk, then try again. If the file was changed or moved, load the model again.</source>
        <translation>Das Laufwerk prüfen und erneut versuchen. Wurde die Datei geändert oder verschoben, das Modell neu laden.</translation>
    </message>
    <message>
        <source>Check the hub&apos;s address in the settings.</source>
        <translation>Die Adresse des Hubs in den Einstellungen prüfen.</translation>
    </message>
    <message>
        <source>Check the name; for a private repository enter your access token in the settings.</source>
        <translation>Den Namen prüfen; für ein privates Repository den Zugangsschlüssel in den Einstellungen eingeben.</translation>
    </message>
    <message>
        <source>Check the network connection and try again, or add a model file.</source>
        <translation>Die Netzwerkverbindung prüfen und erneut versuchen oder eine Modelldatei hinzufügen.</translation>
    </message>
    <message>
        <source>Check the network connection. A mirror can be set in the settings, a proxy in HTTPS_PROXY.</source>
        <translation>Die Netzwerkverbindung prüfen. Ein Spiegel lässt sich in den Einstellungen angeben, ein Proxy in HTTPS_PROXY.</translation>
    </message>
    <message>
        <source>Check the order of the roles.</source>
        <translation>Die Reihenfolge der Rollen prüfen.</translation>
    </message>
    <message>
        <source>Check the permissions of Thimble&apos;s data folder.</source>
        <translation>Die Zugriffsrechte von Thimbles Datenordner prüfen.</translation>
    </message>
    <message>
        <source>Check the permissions of Thimble&apos;s settings folder.</source>
        <translation>Die Zugriffsrechte von Thimbles Einstellungsordner prüfen.</translation>
    </message>
    <message>
        <source>Check the server on the Connections page, then try again.</source>
        <translation>Prüfen Sie den Server auf der Seite „Verbindungen“ und versuchen Sie es dann noch einmal.</translation>
    </message>
    <message>
        <source>Check what the key may do.</source>
        <translation>Prüfen, was der Schlüssel darf.</translation>
    </message>
    <message>
        <source>Check whether it is still there.</source>
        <translation>Prüfen, ob sie noch vorhanden ist.</translation>
    </message>
    <message>
        <source>Choose a .gguf file inside it.</source>
        <translation>Eine .gguf-Datei darin wählen.</translation>
    </message>
    <message>
        <source>Choose a .gguf file on disk.</source>
        <translation>Eine .gguf-Datei auf einem Laufwerk wählen.</translation>
    </message>
    <message>
        <source>Choose a file in the GGUF format.</source>
        <translation>Eine Datei im GGUF-Format wählen.</translation>
    </message>
    <message>
        <source>Choose a model first.</source>
        <translation>Zuerst ein Modell wählen.</translation>
    </message>
    <message>
        <source>Choose a model that knows tools (Qwen3, Llama 3.1, Mistral, gpt-oss …), or leave out “tools”.</source>
        <translation>Ein Modell wählen, das Werkzeuge kennt (Qwen3, Llama 3.1, Mistral, gpt-oss …), oder „tools“ weglassen.</translation>
    </message>
    <message>
        <source>Choose a shorter context length in the settings, or raise the memory limit.</source>
        <translation>In den Einstellungen eine kürzere Kontextlänge wählen oder das Speicherlimit erhöhen.</translation>
    </message>
    <message>
        <source>Choose a shorter context length in the settings.</source>
        <translation>In den Einstellungen eine kürzere Kontextlänge wählen.</translation>
    </message>
    <message>
        <source>Choose an API key of at least {0} characters.</source>
        <translation>Einen API-Schlüssel mit mindestens {0} Zeichen wählen.</translation>
    </message>
    <message>
        <source>Choose another address or port.</source>
        <translation>Eine andere Adresse oder einen anderen Port wählen.</translation>
    </message>
    <message>
        <source>Choose another folder in the settings, or bring it back.</source>
        <translation>In den Einstellungen einen anderen Ordner wählen oder diesen zurückholen.</translation>
    </message>
    <message>
        <source>Choose another folder.</source>
        <translation>Einen anderen Ordner wählen.</translation>
    </message>
    <message>
        <source>Choose another model file.</source>
        <translation>Eine andere Modelldatei wählen.</translation>
    </message>
    <message>
        <source>Choose another model for tools, or leave out “tools”.</source>
        <translation>Für Werkzeuge ein anderes Modell wählen oder „tools“ weglassen.</translation>
    </message>
    <message>
        <source>Choose another model to chat with.</source>
        <translation>Zum Chatten ein anderes Modell wählen.</translation>
    </message>
    <message>
        <source>Choose another model, or update Thimble.</source>
        <translation>Ein anderes Modell wählen oder Thimble aktualisieren.</translation>
    </message>
    <message>
        <source>Choose another model, then try again.</source>
        <translation>Ein anderes Modell wählen und erneut versuchen.</translation>
    </message>
    <message>
        <source>Choose another model.</source>
        <translation>Ein anderes Modell wählen.</translation>
    </message>
    <message>
        <source>Choose another port.</source>
        <translation>Einen anderen Port wählen.</translation>
    </message>
    <message>
        <source>Choose another projector in the model&apos;s settings.</source>
        <translation>In den Einstellungen des Modells einen anderen Projektor wählen.</translation>
    </message>
    <message>
        <source>Choose another quantization of the model, or update Thimble.</source>
        <translation>Eine andere Quantisierung des Modells wählen oder Thimble aktualisieren.</translation>
    </message>
    <message>
        <source>Choose f16 for keys and values in the settings.</source>
        <translation>In den Einstellungen f16 für Schlüssel und Werte wählen.</translation>
    </message>
    <message>
        <source>Choose one.</source>
        <translation>Einen wählen.</translation>
    </message>
    <message>
        <source>Choose the file once more, or export it anew.</source>
        <translation>Die Datei noch einmal wählen oder neu exportieren.</translation>
    </message>
    <message>
        <source>Choose the model&apos;s main file.</source>
        <translation>Die Hauptdatei des Modells wählen.</translation>
    </message>
    <message>
        <source>Choose the one that came with this model, in the model&apos;s settings.</source>
        <translation>In den Einstellungen des Modells den wählen, der zu ihm gehört.</translation>
    </message>
    <message>
        <source>Close other programs, or change the memory limit.</source>
        <translation>Andere Programme schließen oder das Speicherlimit ändern.</translation>
    </message>
    <message>
        <source>Close other programs, or choose a smaller model.</source>
        <translation>Andere Programme schließen oder ein kleineres Modell wählen.</translation>
    </message>
    <message>
        <source>Close other programs, shorten the context, or choose a smaller model.</source>
        <translation>Andere Programme schließen, den Kontext verkürzen oder ein kleineres Modell wählen.</translation>
    </message>
    <message>
        <source>Close other programs, then try again.</source>
        <translation>Schließen Sie andere Programme und versuchen Sie es noch einmal.</translation>
    </message>
    <message>
        <source>Close the other Thimble first.</source>
        <translation>Zuerst das andere Thimble schließen.</translation>
    </message>
    <message>
        <source>Copy one first.</source>
        <translation>Zuerst eine kopieren.</translation>
    </message>
    <message>
        <source>Copy the chat in GPT4All and paste it here.</source>
        <translation>Den Chat in GPT4All kopieren und hier einfügen.</translation>
    </message>
    <message>
        <source>Copy the key again, and enter it in the connection.</source>
        <translation>Den Schlüssel neu kopieren und in der Verbindung eingeben.</translation>
    </message>
    <message>
        <source>Cut out the part that matters.</source>
        <translation>Den Teil ausschneiden, auf den es ankommt.</translation>
    </message>
    <message>
        <source>Delete it, then download it again, or choose another model.</source>
        <translation>Die Datei löschen und neu herunterladen oder ein anderes Modell wählen.</translation>
    </message>
    <message>
        <source>Delete it, then download it again, or choose another quantization of the model.</source>
        <translation>Die Datei löschen und neu herunterladen oder eine andere Quantisierung des Modells wählen.</translation>
    </message>
    <message>
        <source>Delete it, then download it again, or turn pictures off in the model&apos;s settings.</source>
        <translation>Die Datei löschen und neu herunterladen oder Bilder in den Einstellungen des Modells ausschalten.</translation>
    </message>
    <message>
        <source>Delete it, then download it again.</source>
        <translation>Die Datei löschen und neu herunterladen.</translation>
    </message>
    <message>
        <source>Download a newer file of the model.</source>
        <translation>Eine neuere Datei des Modells herunterladen.</translation>
    </message>
    <message>
        <source>Download it again, or let the download finish.</source>
        <translation>Die Datei neu herunterladen oder den Download zu Ende laufen lassen.</translation>
    </message>
    <message>
        <source>Download one in the window: Qwen3-Embedding, or a kind of BERT.</source>
        <translation>Im Fenster eines herunterladen: Qwen3-Embedding oder eine Art von BERT.</translation>
    </message>
    <message>
        <source>Download the model again.</source>
        <translation>Das Modell neu herunterladen.</translation>
    </message>
    <message>
        <source>Download the model again; the site may want you to sign in first.</source>
        <translation>Das Modell neu herunterladen; vielleicht verlangt die Website vorher eine Anmeldung.</translation>
    </message>
    <message>
        <source>Download the model as GGUF.</source>
        <translation>Das Modell als GGUF herunterladen.</translation>
    </message>
    <message>
        <source>Download the usual little-endian file.</source>
        <translation>Die übliche Little-Endian-Datei herunterladen.</translation>
    </message>
    <message>
        <source>Enter a new one in the settings.</source>
        <translation>In den Einstellungen einen neuen eingeben.</translation>
    </message>
    <message>
        <source>Enter its key in the connection.</source>
        <translation>Seinen Schlüssel in der Verbindung eingeben.</translation>
    </message>
    <message>
        <source>Enter the new address if you trust it; keys are never sent on.</source>
        <translation>Die neue Adresse eingeben, wenn Sie ihr trauen; Schlüssel werden nie weitergeschickt.</translation>
    </message>
    <message>
        <source>Exports of Thimble and ChatGPT, and the files of LM Studio, Jan and GPT4All can be read.</source>
        <translation>Exporte von Thimble und ChatGPT und die Dateien von LM Studio, Jan und GPT4All können gelesen werden.</translation>
    </message>
    <message>
        <source>Fetch the real file with “git lfs pull” or download it.</source>
        <translation>Die richtige Datei mit „git lfs pull“ holen oder herunterladen.</translation>
    </message>
    <message>
        <source>Free some space and ask again.</source>
        <translation>Speicherplatz freigeben und noch einmal fragen.</translation>
    </message>
    <message>
        <source>Free some space and resume, or choose another download folder in the settings.</source>
        <translation>Speicherplatz freigeben und fortsetzen oder in den Einstellungen einen anderen Download-Ordner wählen.</translation>
    </message>
    <message>
        <source>Free some space and try again.</source>
        <translation>Speicherplatz freigeben und erneut versuchen.</translation>
    </message>
    <message>
        <source>Free some space or choose another models folder.</source>
        <translation>Speicherplatz freigeben oder einen anderen Modellordner wählen.</translation>
    </message>
    <message>
        <source>GET /v1/models tells the names.</source>
        <translation>GET /v1/models nennt die Namen.</translation>
    </message>
    <message>
        <source>Give it more memory.</source>
        <translation>Dem Modell mehr Speicher geben.</translation>
    </message>
    <message>
        <source>Give it more.</source>
        <translation>Mehr geben.</translation>
    </message>
    <message>
        <source>Give it, and the folders above it, names that your file manager shows without a question mark.</source>
        <translation>Dem Ordner und denen darüber Namen geben, die Ihr Dateimanager ohne Fragezeichen anzeigt.</translation>
    </message>
    <message>
        <source>Go on when the server is back.</source>
        <translation>Weitermachen, wenn der Server wieder da ist.</translation>
    </message>
    <message>
        <source>Install Thimble again, or add a model file.</source>
        <translation>Installieren Sie Thimble erneut, oder fügen Sie eine Modelldatei hinzu.</translation>
    </message>
    <message>
        <source>Install Thimble again.</source>
        <translation>Installieren Sie Thimble erneut.</translation>
    </message>
    <message>
        <source>Install it, or correct the command.</source>
        <translation>Das Programm installieren oder den Befehl berichtigen.</translation>
    </message>
    <message>
        <source>Install the starter model in the window.</source>
        <translation>Das Startmodell im Fenster installieren.</translation>
    </message>
    <message>
        <source>It broke the program that fills it in.</source>
        <translation>Sie hat das Programm zerstört, das sie ausfüllt.</translation>
    </message>
    <message>
        <source>It does not come to an end.</source>
        <translation>Sie kommt zu keinem Ende.</translation>
    </message>
    <message>
        <source>It has: {0}.</source>
        <translation>Vorhanden sind: {0}.</translation>
    </message>
    <message>
        <source>It leaves out what the person says.</source>
        <translation>Sie lässt weg, was die Person sagt.</translation>
    </message>
    <message>
        <source>It must be GBNF and have a rule named “root”.</source>
        <translation>Die Grammatik muss GBNF sein und eine Regel namens „root“ haben.</translation>
    </message>
    <message>
        <source>It needs too much memory.</source>
        <translation>Sie braucht zu viel Speicher.</translation>
    </message>
    <message>
        <source>Its disk ({0}) is not there.</source>
        <translation>Sein Laufwerk ({0}) ist nicht da.</translation>
    </message>
    <message>
        <source>Its file is probably damaged: delete it, then download it again, or choose another model.</source>
        <translation>Die Datei ist wohl beschädigt: die Datei löschen und neu herunterladen oder ein anderes Modell wählen.</translation>
    </message>
    <message>
        <source>Its projector takes {0} more than the memory limit leaves.</source>
        <translation>Sein Projektor braucht {0} mehr, als das Speicherlimit übrig lässt.</translation>
    </message>
    <message>
        <source>Keys of this model cannot be kept as {0}: a head has {1} numbers, and {2} takes {3} at a time.</source>
        <translation>Die Schlüssel dieses Modells lassen sich nicht als {0} halten: Ein Kopf hat {1} Zahlen, und {2} nimmt je {3}.</translation>
    </message>
    <message>
        <source>Leave out one.</source>
        <translation>Lassen Sie einen weg.</translation>
    </message>
    <message>
        <source>Leave “dimensions” out, or ask for {0}.</source>
        <translation>„dimensions“ weglassen oder {0} verlangen.</translation>
    </message>
    <message>
        <source>Load it again with another limit.</source>
        <translation>Das Modell mit einem anderen Limit neu laden.</translation>
    </message>
    <message>
        <source>Load it to see why.</source>
        <translation>Das Modell laden, um den Grund zu sehen.</translation>
    </message>
    <message>
        <source>Loading was cancelled.</source>
        <translation>Das Laden wurde abgebrochen.</translation>
    </message>
    <message>
        <source>Look at the log.</source>
        <translation>Im Protokoll nachsehen.</translation>
    </message>
    <message>
        <source>Look at the server: this is no ordinary answer.</source>
        <translation>Sehen Sie nach dem Server: Das ist keine gewöhnliche Antwort.</translation>
    </message>
    <message>
        <source>Make it smaller first.</source>
        <translation>Das Bild zuerst verkleinern.</translation>
    </message>
    <message>
        <source>Name an embedding model in “model”; GET /v1/models marks them.</source>
        <translation>In „model“ ein Embedding-Modell nennen; GET /v1/models kennzeichnet sie.</translation>
    </message>
    <message>
        <source>Name one in “model”.</source>
        <translation>In „model“ eines nennen.</translation>
    </message>
    <message>
        <source>No conversation was found in “{0}”.</source>
        <translation>In „{0}“ wurde keine Unterhaltung gefunden.</translation>
    </message>
    <message>
        <source>No embedding model is installed.</source>
        <translation>Es ist kein Embedding-Modell installiert.</translation>
    </message>
    <message>
        <source>No embedding model is loaded.</source>
        <translation>Es ist kein Embedding-Modell geladen.</translation>
    </message>
    <message>
        <source>No model is installed yet.</source>
        <translation>Es ist noch kein Modell installiert.</translation>
    </message>
    <message>
        <source>No model is loaded.</source>
        <translation>Es ist kein Modell geladen.</translation>
    </message>
    <message>
        <source>Not the name of an expert tensor</source>
        <translation>Kein Name eines Expertentensors</translation>
    </message>
    <message>
        <source>Not the name of an expert tensor: {0}</source>
        <translation>Kein Name eines Expertentensors: {0}</translation>
    </message>
    <message>
        <source>Nothing is downloaded, because Thimble is set to work offline.</source>
        <translation>Es wird nichts heruntergeladen, weil Thimble offline arbeitet.</translation>
    </message>
    <message>
        <source>Nothing was asked of the model hub, because Thimble is set to work offline.</source>
        <translation>Der Modell-Hub wurde nicht gefragt, weil Thimble offline arbeitet.</translation>
    </message>
    <message>
        <source>Nothing was sent to {0}, because Thimble is set to work offline.</source>
        <translation>An {0} wurde nichts gesendet, weil Thimble offline arbeitet.</translation>
    </message>
    <message>
        <source>Open it and save it anew.</source>
        <translation>Die Datei öffnen und neu speichern.</translation>
    </message>
    <message>
        <source>Open it in a reader and save it anew.</source>
        <translation>Die Datei in einem Betrachter öffnen und neu speichern.</translation>
    </message>
    <message>
        <source>Open it in another program and save it as PNG or JPEG.</source>
        <translation>Das Bild in einem anderen Programm öffnen und als PNG oder JPEG speichern.</translation>
    </message>
    <message>
        <source>Open it in its program and save it anew.</source>
        <translation>Die Datei in ihrem Programm öffnen und neu speichern.</translation>
    </message>
    <message>
        <source>Open the chat in GPT4All once more, close GPT4All, and try again.</source>
        <translation>Den Chat noch einmal in GPT4All öffnen, GPT4All schließen und erneut versuchen.</translation>
    </message>
    <message>
        <source>Other programs need an API key.</source>
        <translation>Andere Programme brauchen einen API-Schlüssel.</translation>
    </message>
    <message>
        <source>Paste JSON of the form {&quot;mcpServers&quot;: {&quot;name&quot;: {&quot;command&quot;: …, &quot;args&quot;: […]}}}.</source>
        <translation>JSON der Form {&quot;mcpServers&quot;: {&quot;name&quot;: {&quot;command&quot;: …, &quot;args&quot;: […]}}} einfügen.</translation>
    </message>
    <message>
        <source>Perhaps the chat is too long for its model; the server&apos;s own log says more.</source>
        <translation>Vielleicht ist der Chat zu lang für sein Modell; das Protokoll des Servers sagt mehr.</translation>
    </message>
    <message>
        <source>Pictures are turned off in its settings.</source>
        <translation>Bilder sind in seinen Einstellungen ausgeschaltet.</translation>
    </message>
    <message>
        <source>Plug it in, or choose another download folder in the settings.</source>
        <translation>Das Laufwerk anschließen oder in den Einstellungen einen anderen Download-Ordner wählen.</translation>
    </message>
    <message>
        <source>Plug it in: the download goes on by itself.</source>
        <translation>Das Laufwerk anschließen: Der Download geht von selbst weiter.</translation>
    </message>
    <message>
        <source>Plug it in; the model comes back by itself.</source>
        <translation>Das Laufwerk anschließen; das Modell kommt von selbst zurück.</translation>
    </message>
    <message>
        <source>Port {0} is taken by another program.</source>
        <translation>Port {0} ist von einem anderen Programm belegt.</translation>
    </message>
    <message>
        <source>Put all parts into the same folder.</source>
        <translation>Alle Teile in denselben Ordner legen.</translation>
    </message>
    <message>
        <source>Put pictures into your own messages only.</source>
        <translation>Bilder nur in eigene Nachrichten setzen.</translation>
    </message>
    <message>
        <source>Raise the memory limit in the settings, shorten the context, or choose a smaller model.</source>
        <translation>In den Einstellungen das Speicherlimit erhöhen, den Kontext verkürzen oder ein kleineres Modell wählen.</translation>
    </message>
    <message>
        <source>Reading experts from disk is not supported on this system yet</source>
        <translation>Experten vom Laufwerk zu lesen, wird auf diesem System noch nicht unterstützt</translation>
    </message>
    <message>
        <source>Reading experts from disk is not supported on this system yet: {0}</source>
        <translation>Experten vom Laufwerk zu lesen, wird auf diesem System noch nicht unterstützt: {0}</translation>
    </message>
    <message>
        <source>Reading the file was stopped.</source>
        <translation>Das Lesen der Datei wurde abgebrochen.</translation>
    </message>
    <message>
        <source>Restart Thimble.</source>
        <translation>Thimble neu starten.</translation>
    </message>
    <message>
        <source>Restart Thimble: it sets the damaged file aside and begins a new one.</source>
        <translation>Thimble neu starten: Es legt die beschädigte Datei beiseite und beginnt eine neue.</translation>
    </message>
    <message>
        <source>Restart the engine and go on.</source>
        <translation>Die Engine neu starten und weitermachen.</translation>
    </message>
    <message>
        <source>Restart the engine.</source>
        <translation>Die Engine neu starten.</translation>
    </message>
    <message>
        <source>Run a text recognition over it first.</source>
        <translation>Vorher eine Texterkennung darüber laufen lassen.</translation>
    </message>
    <message>
        <source>Save it as PNG or JPEG first.</source>
        <translation>Das Bild zuerst als PNG oder JPEG speichern.</translation>
    </message>
    <message>
        <source>Save it without a password first.</source>
        <translation>Die Datei zuerst ohne Passwort speichern.</translation>
    </message>
    <message>
        <source>Send it as PNG, JPEG, WebP, GIF, BMP or TIFF.</source>
        <translation>Das Bild als PNG, JPEG, WebP, GIF, BMP oder TIFF senden.</translation>
    </message>
    <message>
        <source>Send less at once.</source>
        <translation>Weniger auf einmal senden.</translation>
    </message>
    <message>
        <source>Set “tool_choice” to “auto”, or leave out the other.</source>
        <translation>„tool_choice“ auf „auto“ setzen oder das andere weglassen.</translation>
    </message>
    <message>
        <source>Shorten it, start a new conversation, or choose a longer context in the settings.</source>
        <translation>Den Text kürzen, eine neue Unterhaltung beginnen oder in den Einstellungen einen längeren Kontext wählen.</translation>
    </message>
    <message>
        <source>Simplify it, then restart the engine.</source>
        <translation>Vereinfachen Sie es und starten Sie die Engine dann neu.</translation>
    </message>
    <message>
        <source>Simplify it.</source>
        <translation>Vereinfachen.</translation>
    </message>
    <message>
        <source>Something went wrong inside the engine.</source>
        <translation>In der Engine ist etwas schiefgegangen.</translation>
    </message>
    <message>
        <source>Split the text, or choose a longer context in the settings if the model can read more.</source>
        <translation>Den Text teilen oder in den Einstellungen einen längeren Kontext wählen, wenn das Modell mehr lesen kann.</translation>
    </message>
    <message>
        <source>Start a new conversation, or choose a longer context in the settings.</source>
        <translation>Eine neue Unterhaltung beginnen oder in den Einstellungen einen längeren Kontext wählen.</translation>
    </message>
    <message>
        <source>Start it again, or wait until it has started.</source>
        <translation>Die Engine neu starten oder warten, bis sie gestartet ist.</translation>
    </message>
    <message>
        <source>Start the download there, or close that window.</source>
        <translation>Den Download dort starten oder jenes Fenster schließen.</translation>
    </message>
    <message>
        <source>Stopped.</source>
        <translation>Abgebrochen.</translation>
    </message>
    <message>
        <source>Stopped; nothing was kept of the unfinished file.</source>
        <translation>Abgebrochen; von der unfertigen Datei wurde nichts behalten.</translation>
    </message>
    <message>
        <source>Take the picture out, add the model&apos;s projector (an mmproj file), or choose a model that has one.</source>
        <translation>Das Bild herausnehmen, den Projektor des Modells (eine mmproj-Datei) hinzufügen oder ein Modell wählen, das einen hat.</translation>
    </message>
    <message>
        <source>Text, source code, PDF and DOCX can be attached.</source>
        <translation>Text, Quelltext, PDF und DOCX können angehängt werden.</translation>
    </message>
    <message>
        <source>That is not the name of a repository on the model hub.</source>
        <translation>Das ist kein Name eines Repositorys auf dem Modell-Hub.</translation>
    </message>
    <message>
        <source>The access key could not be saved.</source>
        <translation>Der Zugangsschlüssel konnte nicht gespeichert werden.</translation>
    </message>
    <message>
        <source>The address of the model hub in the settings is not a web address.</source>
        <translation>Die Adresse des Modell-Hubs in den Einstellungen ist keine Webadresse.</translation>
    </message>
    <message>
        <source>The answer cannot be a tool call and have a grammar or a response format as well.</source>
        <translation>Die Antwort kann nicht zugleich ein Werkzeugaufruf sein und eine Grammatik oder ein Antwortformat haben.</translation>
    </message>
    <message>
        <source>The authors of that search give it only to people they know by name.</source>
        <translation>Die Autoren geben das Ergebnis dieser Suche nur Leuten, die sie mit Namen kennen.</translation>
    </message>
    <message>
        <source>The authors of the repository {0} give it only to people they know by name.</source>
        <translation>Die Autoren geben das Repository {0} nur Leuten, die sie mit Namen kennen.</translation>
    </message>
    <message>
        <source>The authors of your account give it only to people they know by name.</source>
        <translation>Die Angaben zu Ihrem Konto gibt es nur für Leute, die mit Namen bekannt sind.</translation>
    </message>
    <message>
        <source>The authors of {0} give it only to people they know by name.</source>
        <translation>Die Autoren geben {0} nur Leuten, die sie mit Namen kennen.</translation>
    </message>
    <message>
        <source>The certificate of {0} is not trusted, so nothing was sent.</source>
        <translation>Dem Zertifikat von {0} wird nicht vertraut; deshalb wurde nichts gesendet.</translation>
    </message>
    <message>
        <source>The chat is longer than the model at {0} can read.</source>
        <translation>Der Chat ist länger, als das Modell bei {0} lesen kann.</translation>
    </message>
    <message>
        <source>The chat template does not work. {0}</source>
        <translation>Die Chat-Vorlage funktioniert nicht. {0}</translation>
    </message>
    <message>
        <source>The command is empty.</source>
        <translation>Der Befehl ist leer.</translation>
    </message>
    <message>
        <source>The connection that this chat used is no longer there.</source>
        <translation>Die Verbindung, die dieser Chat nutzte, gibt es nicht mehr.</translation>
    </message>
    <message>
        <source>The connection to {0} broke in mid-answer; what had come is kept.</source>
        <translation>Die Verbindung zu {0} brach mitten in der Antwort ab; das bisher Gekommene bleibt erhalten.</translation>
    </message>
    <message>
        <source>The connections could not be saved.</source>
        <translation>Die Verbindungen konnten nicht gespeichert werden.</translation>
    </message>
    <message>
        <source>The context of {0} tokens is full.</source>
        <translation>Der Kontext von {0} Token ist voll.</translation>
    </message>
    <message>
        <source>The conversation could not be exported, because that place cannot be written.</source>
        <translation>Die Unterhaltung konnte nicht exportiert werden, weil dort nicht geschrieben werden kann.</translation>
    </message>
    <message>
        <source>The conversation could not be exported, because the disk is full.</source>
        <translation>Die Unterhaltung konnte nicht exportiert werden, weil das Laufwerk voll ist.</translation>
    </message>
    <message>
        <source>The conversations are closed already.</source>
        <translation>Die Unterhaltungen sind schon geschlossen.</translation>
    </message>
    <message>
        <source>The conversations cannot be saved, because their file or folder cannot be written.</source>
        <translation>Die Unterhaltungen können nicht gespeichert werden, weil ihre Datei oder ihr Ordner nicht beschrieben werden kann.</translation>
    </message>
    <message>
        <source>The conversations were saved by a newer version of Thimble, so this one leaves them alone.</source>
        <translation>Die Unterhaltungen wurden von einer neueren Thimble-Version gespeichert; diese lässt sie unberührt.</translation>
    </message>
    <message>
        <source>The disk became full while the starter model was downloaded; the unfinished file was removed.</source>
        <translation>Beim Herunterladen des Startmodells wurde das Laufwerk voll; die unfertige Datei wurde entfernt.</translation>
    </message>
    <message>
        <source>The disk became full, so the model was not added; the unfinished file was removed.</source>
        <translation>Das Laufwerk wurde voll, deshalb wurde das Modell nicht hinzugefügt; die unfertige Datei wurde entfernt.</translation>
    </message>
    <message>
        <source>The disk became full. What has come of the download is kept.</source>
        <translation>Das Laufwerk wurde voll. Was vom Download schon da ist, bleibt erhalten.</translation>
    </message>
    <message>
        <source>The disk is full, so the files could not be indexed; nothing else was changed.</source>
        <translation>Das Laufwerk ist voll, deshalb konnten die Dateien nicht indiziert werden; sonst wurde nichts geändert.</translation>
    </message>
    <message>
        <source>The disk is full, so this could not be saved; everything saved before is still there.</source>
        <translation>Das Laufwerk ist voll, deshalb konnte dies nicht gespeichert werden; alles vorher Gespeicherte ist noch da.</translation>
    </message>
    <message>
        <source>The disk of the download folder ({0}) is not there, so nothing was downloaded.</source>
        <translation>Das Laufwerk des Download-Ordners ({0}) ist nicht da, deshalb wurde nichts heruntergeladen.</translation>
    </message>
    <message>
        <source>The disk of the download folder ({0}) is not there.</source>
        <translation>Das Laufwerk des Download-Ordners ({0}) ist nicht da.</translation>
    </message>
    <message>
        <source>The download failed; what has come is kept.</source>
        <translation>Der Download ist gescheitert; was schon da ist, bleibt erhalten.</translation>
    </message>
    <message>
        <source>The download folder cannot be written.</source>
        <translation>Der Download-Ordner kann nicht beschrieben werden.</translation>
    </message>
    <message>
        <source>The download needs {0} GiB more, but the disk has {1} GiB free.</source>
        <translation>Der Download braucht noch {0} GiB, aber auf dem Laufwerk sind {1} GiB frei.</translation>
    </message>
    <message>
        <source>The download needs {0} GiB more, but the disk has {1} GiB free. What has come is kept.</source>
        <translation>Der Download braucht noch {0} GiB, aber auf dem Laufwerk sind {1} GiB frei. Was schon da ist, bleibt erhalten.</translation>
    </message>
    <message>
        <source>The download was taken out of the list.</source>
        <translation>Der Download wurde aus der Liste genommen.</translation>
    </message>
    <message>
        <source>The downloaded starter model is damaged, so it was not used.</source>
        <translation>Das heruntergeladene Startmodell ist beschädigt und wurde nicht verwendet.</translation>
    </message>
    <message>
        <source>The engine answered with an error (HTTP {0}).</source>
        <translation>Die Engine antwortete mit einem Fehler (HTTP {0}).</translation>
    </message>
    <message>
        <source>The engine answered with an error it did not explain.</source>
        <translation>Die Engine antwortete mit einem Fehler, den sie nicht erklärt hat.</translation>
    </message>
    <message>
        <source>The engine answers only to programs on this computer.</source>
        <translation>Die Engine antwortet nur Programmen auf diesem Computer.</translation>
    </message>
    <message>
        <source>The engine answers under its address, not under this name.</source>
        <translation>Die Engine antwortet unter ihrer Adresse, nicht unter diesem Namen.</translation>
    </message>
    <message>
        <source>The engine cannot be reached.</source>
        <translation>Die Engine ist nicht erreichbar.</translation>
    </message>
    <message>
        <source>The engine cannot listen on {0}, port {1}.</source>
        <translation>Die Engine kann an {0}, Port {1}, nicht lauschen.</translation>
    </message>
    <message>
        <source>The engine could not be started.</source>
        <translation>Die Engine konnte nicht gestartet werden.</translation>
    </message>
    <message>
        <source>The engine failed while it computed these embeddings.</source>
        <translation>Die Engine scheiterte bei der Berechnung dieser Embeddings.</translation>
    </message>
    <message>
        <source>The engine failed while it computed this answer; what it had written so far is kept.</source>
        <translation>Die Engine scheiterte bei der Berechnung dieser Antwort; das bisher Geschriebene bleibt erhalten.</translation>
    </message>
    <message>
        <source>The engine gave an answer that is no JSON.</source>
        <translation>Die Engine gab eine Antwort, die kein JSON ist.</translation>
    </message>
    <message>
        <source>The engine is busy; a model can be measured when nothing else runs.</source>
        <translation>Die Engine ist beschäftigt; ein Modell kann gemessen werden, wenn sonst nichts läuft.</translation>
    </message>
    <message>
        <source>The engine is ending.</source>
        <translation>Die Engine wird gerade beendet.</translation>
    </message>
    <message>
        <source>The engine is not installed yet.</source>
        <translation>Die Engine ist noch nicht installiert.</translation>
    </message>
    <message>
        <source>The engine is not running.</source>
        <translation>Die Engine läuft nicht.</translation>
    </message>
    <message>
        <source>The engine needs its key to answer.</source>
        <translation>Die Engine braucht ihren Schlüssel, um zu antworten.</translation>
    </message>
    <message>
        <source>The engine stopped unexpectedly; the conversation is kept.</source>
        <translation>Die Engine endete unerwartet; die Unterhaltung bleibt erhalten.</translation>
    </message>
    <message>
        <source>The engine stopped unexpectedly; what it had written so far is kept.</source>
        <translation>Die Engine endete unerwartet; das bisher Geschriebene bleibt erhalten.</translation>
    </message>
    <message>
        <source>The engine&apos;s library cannot be loaded on this computer.</source>
        <translation>Die Bibliothek der Engine lässt sich auf diesem Computer nicht laden.</translation>
    </message>
    <message>
        <source>The engine&apos;s lock file cannot be written.</source>
        <translation>Die Sperrdatei der Engine kann nicht geschrieben werden.</translation>
    </message>
    <message>
        <source>The engine&apos;s table of experts cannot be read.</source>
        <translation>Die Expertentabelle der Engine kann nicht gelesen werden.</translation>
    </message>
    <message>
        <source>The expert cache of this model needs at least {0} MiB, but it was given {1} MiB.</source>
        <translation>Der Expertenspeicher dieses Modells braucht mindestens {0} MiB, bekam aber {1} MiB.</translation>
    </message>
    <message>
        <source>The expert tensors of one layer do not fit together</source>
        <translation>Die Expertentensoren einer Schicht passen nicht zusammen</translation>
    </message>
    <message>
        <source>The expert tensors of one layer do not fit together: {0}</source>
        <translation>Die Expertentensoren einer Schicht passen nicht zusammen: {0}</translation>
    </message>
    <message>
        <source>The experts need at least {0}; {1} were given.</source>
        <translation>Die Experten brauchen mindestens {0}; gegeben wurden {1}.</translation>
    </message>
    <message>
        <source>The field “input” has {0} texts; 1 to {1} are possible.</source>
        <translation>Das Feld „input“ hat {0} Texte; möglich sind 1 bis {1}.</translation>
    </message>
    <message>
        <source>The field “input” must be text, a list of texts, or tokens.</source>
        <translation>Das Feld „input“ muss ein Text, eine Liste von Texten oder Token sein.</translation>
    </message>
    <message>
        <source>The field “messages” is wrong: {0}.</source>
        <translation>Das Feld „messages“ ist falsch: {0}.</translation>
    </message>
    <message>
        <source>The field “{0}” is empty: nothing has no vector.</source>
        <translation>Das Feld „{0}“ ist leer: Nichts hat keinen Vektor.</translation>
    </message>
    <message>
        <source>The field “{0}” is wrong: {1}.</source>
        <translation>Das Feld „{0}“ ist falsch: {1}.</translation>
    </message>
    <message>
        <source>The field “{0}” must be text, or a list of tokens that is not empty.</source>
        <translation>Das Feld „{0}“ muss ein Text sein oder eine Liste von Token, die nicht leer ist.</translation>
    </message>
    <message>
        <source>The file could not be read to its end.</source>
        <translation>Die Datei konnte nicht zu Ende gelesen werden.</translation>
    </message>
    <message>
        <source>The file with the key cannot be read.</source>
        <translation>Die Datei mit dem Schlüssel kann nicht gelesen werden.</translation>
    </message>
    <message>
        <source>The file with the key is empty.</source>
        <translation>Die Datei mit dem Schlüssel ist leer.</translation>
    </message>
    <message>
        <source>The file with your conversations is damaged, so this could not be read or saved.</source>
        <translation>Die Datei mit Ihren Unterhaltungen ist beschädigt, deshalb konnte dies nicht gelesen oder gespeichert werden.</translation>
    </message>
    <message>
        <source>The file with your conversations was damaged. It was set aside as {0}, and 1 conversation was rescued from it.</source>
        <translation>Die Datei mit Ihren Unterhaltungen war beschädigt. Sie wurde als {0} beiseitegelegt, und 1 Unterhaltung wurde daraus gerettet.</translation>
    </message>
    <message>
        <source>The file with your conversations was damaged. It was set aside as {0}, and no conversation could be read from it.</source>
        <translation>Die Datei mit Ihren Unterhaltungen war beschädigt. Sie wurde als {0} beiseitegelegt; keine Unterhaltung ließ sich daraus lesen.</translation>
    </message>
    <message>
        <source>The file with your conversations was damaged. It was set aside as {0}, and {1} conversations were rescued from it.</source>
        <translation>Die Datei mit Ihren Unterhaltungen war beschädigt. Sie wurde als {0} beiseitegelegt, und {1} Unterhaltungen wurden daraus gerettet.</translation>
    </message>
    <message>
        <source>The folder for readable copies of your chats is not there; the chats themselves are stored as always.</source>
        <translation>Der Ordner für lesbare Kopien Ihrer Chats ist nicht da; die Chats selbst werden wie immer gespeichert.</translation>
    </message>
    <message>
        <source>The folder “{0}” cannot be read ({1}).</source>
        <translation>Der Ordner „{0}“ kann nicht gelesen werden ({1}).</translation>
    </message>
    <message>
        <source>The grammar leaves no way to go on here.</source>
        <translation>Die Grammatik lässt hier keine Fortsetzung zu.</translation>
    </message>
    <message>
        <source>The hub&apos;s storage did not hand out {0} (error {1}).</source>
        <translation>Der Speicher des Hubs gab {0} nicht heraus (Fehler {1}).</translation>
    </message>
    <message>
        <source>The index of your files cannot be written.</source>
        <translation>Der Index Ihrer Dateien kann nicht geschrieben werden.</translation>
    </message>
    <message>
        <source>The index of your files was damaged and is being made anew.</source>
        <translation>Der Index Ihrer Dateien war beschädigt und wird neu angelegt.</translation>
    </message>
    <message>
        <source>The installed engine cannot keep experts on disk.</source>
        <translation>Die installierte Engine kann keine Experten auf dem Laufwerk halten.</translation>
    </message>
    <message>
        <source>The installed engine cannot replay route traces.</source>
        <translation>Die installierte Engine kann keine Aufzeichnungen der Expertenwahl nachspielen.</translation>
    </message>
    <message>
        <source>The installed engine has no library for pictures.</source>
        <translation>Die installierte Engine hat keine Bibliothek für Bilder.</translation>
    </message>
    <message>
        <source>The key of {0} holds letters that no key has, so nothing was sent.</source>
        <translation>Der Schlüssel von {0} enthält Zeichen, die kein Schlüssel hat; deshalb wurde nichts gesendet.</translation>
    </message>
    <message>
        <source>The list of downloads could not be saved; a restart would forget the last change.</source>
        <translation>Die Liste der Downloads konnte nicht gespeichert werden; ein Neustart würde die letzte Änderung vergessen.</translation>
    </message>
    <message>
        <source>The loaded model has no experts that are kept on disk.</source>
        <translation>Das geladene Modell hält keine Experten auf dem Laufwerk.</translation>
    </message>
    <message>
        <source>The measurement could not be kept.</source>
        <translation>Die Messung konnte nicht aufbewahrt werden.</translation>
    </message>
    <message>
        <source>The measurement was stopped.</source>
        <translation>Die Messung wurde abgebrochen.</translation>
    </message>
    <message>
        <source>The memory of this model cannot be changed while it is loaded.</source>
        <translation>Der Speicher dieses Modells lässt sich nicht ändern, solange es geladen ist.</translation>
    </message>
    <message>
        <source>The model behind {0} is not available at the moment (error {1}).</source>
        <translation>Das Modell hinter {0} ist zurzeit nicht verfügbar (Fehler {1}).</translation>
    </message>
    <message>
        <source>The model computes values that are no numbers.</source>
        <translation>Das Modell berechnet Werte, die keine Zahlen sind.</translation>
    </message>
    <message>
        <source>The model computes values that are no numbers; what it had written so far is kept.</source>
        <translation>Das Modell berechnet Werte, die keine Zahlen sind; das bisher Geschriebene bleibt erhalten.</translation>
    </message>
    <message>
        <source>The model could not be measured: it ended before it had answered.</source>
        <translation>Das Modell konnte nicht gemessen werden: Es endete, bevor es geantwortet hatte.</translation>
    </message>
    <message>
        <source>The model file cannot be opened: {0}</source>
        <translation>Die Modelldatei kann nicht geöffnet werden: {0}</translation>
    </message>
    <message>
        <source>The model file cannot be opened: {0}: {1}</source>
        <translation>Die Modelldatei kann nicht geöffnet werden: {0}: {1}</translation>
    </message>
    <message>
        <source>The model file could not be read to its end, so nothing was added.</source>
        <translation>Die Modelldatei konnte nicht zu Ende gelesen werden, deshalb wurde nichts hinzugefügt.</translation>
    </message>
    <message>
        <source>The model file is incomplete</source>
        <translation>Die Modelldatei ist unvollständig</translation>
    </message>
    <message>
        <source>The model file is incomplete: {0}</source>
        <translation>Die Modelldatei ist unvollständig: {0}</translation>
    </message>
    <message>
        <source>The model file is not a file</source>
        <translation>Die Modelldatei ist keine Datei</translation>
    </message>
    <message>
        <source>The model file is not a file: {0}</source>
        <translation>Die Modelldatei ist keine Datei: {0}</translation>
    </message>
    <message>
        <source>The model has no experts.</source>
        <translation>Das Modell hat keine Experten.</translation>
    </message>
    <message>
        <source>The model has no part {0}</source>
        <translation>Das Modell hat keinen Teil {0}</translation>
    </message>
    <message>
        <source>The model has no part {0}: {1}</source>
        <translation>Das Modell hat keinen Teil {0}: {1}</translation>
    </message>
    <message>
        <source>The model hub ({0}) could not be reached.</source>
        <translation>Der Modell-Hub ({0}) ist nicht erreichbar.</translation>
    </message>
    <message>
        <source>The model hub asks to wait a while.</source>
        <translation>Der Modell-Hub bittet um eine Pause.</translation>
    </message>
    <message>
        <source>The model hub could not answer about that search (error {0}).</source>
        <translation>Der Modell-Hub konnte diese Suche nicht beantworten (Fehler {0}).</translation>
    </message>
    <message>
        <source>The model hub could not answer about the repository {0} (error {1}).</source>
        <translation>Der Modell-Hub konnte zum Repository {0} nichts sagen (Fehler {1}).</translation>
    </message>
    <message>
        <source>The model hub could not answer about your account (error {0}).</source>
        <translation>Der Modell-Hub konnte zu Ihrem Konto nichts sagen (Fehler {0}).</translation>
    </message>
    <message>
        <source>The model hub could not answer about {0} (error {1}).</source>
        <translation>Der Modell-Hub konnte zu {0} nichts sagen (Fehler {1}).</translation>
    </message>
    <message>
        <source>The model hub does not accept the access token.</source>
        <translation>Der Modell-Hub nimmt den Zugangsschlüssel nicht an.</translation>
    </message>
    <message>
        <source>The model hub gave a file a name that could lead out of the models folder, so it was not downloaded.</source>
        <translation>Der Modell-Hub nannte eine Datei so, dass sie aus dem Modellordner hinausführen könnte; sie wurde nicht heruntergeladen.</translation>
    </message>
    <message>
        <source>The model hub has not, or does not show, that search.</source>
        <translation>Der Modell-Hub hat oder zeigt diese Suche nicht.</translation>
    </message>
    <message>
        <source>The model hub has not, or does not show, the repository {0}.</source>
        <translation>Der Modell-Hub hat oder zeigt das Repository {0} nicht.</translation>
    </message>
    <message>
        <source>The model hub has not, or does not show, your account.</source>
        <translation>Der Modell-Hub hat oder zeigt Ihr Konto nicht.</translation>
    </message>
    <message>
        <source>The model hub has not, or does not show, {0}.</source>
        <translation>Der Modell-Hub hat oder zeigt {0} nicht.</translation>
    </message>
    <message>
        <source>The model hub&apos;s answer about that search makes no sense.</source>
        <translation>Die Antwort des Modell-Hubs auf diese Suche ergibt keinen Sinn.</translation>
    </message>
    <message>
        <source>The model hub&apos;s answer about the file makes no sense.</source>
        <translation>Die Antwort des Modell-Hubs zu der Datei ergibt keinen Sinn.</translation>
    </message>
    <message>
        <source>The model hub&apos;s answer about the repository {0} makes no sense.</source>
        <translation>Die Antwort des Modell-Hubs zum Repository {0} ergibt keinen Sinn.</translation>
    </message>
    <message>
        <source>The model hub&apos;s answer about your account makes no sense.</source>
        <translation>Die Antwort des Modell-Hubs zu Ihrem Konto ergibt keinen Sinn.</translation>
    </message>
    <message>
        <source>The model hub&apos;s answer about {0} makes no sense.</source>
        <translation>Die Antwort des Modell-Hubs zu {0} ergibt keinen Sinn.</translation>
    </message>
    <message>
        <source>The model was too slow to be measured.</source>
        <translation>Das Modell war zu langsam, um gemessen zu werden.</translation>
    </message>
    <message>
        <source>The model&apos;s chat template does not accept these messages: {0}.</source>
        <translation>Die Chat-Vorlage des Modells nimmt diese Nachrichten nicht an: {0}.</translation>
    </message>
    <message>
        <source>The model&apos;s chat template does not keep every picture in its place.</source>
        <translation>Die Chat-Vorlage des Modells lässt nicht jedes Bild an seiner Stelle.</translation>
    </message>
    <message>
        <source>The model&apos;s chat template does not work. {0}</source>
        <translation>Die Chat-Vorlage des Modells funktioniert nicht. {0}</translation>
    </message>
    <message>
        <source>The model&apos;s header on the hub is longer than any real one.</source>
        <translation>Der Kopf der Modelldatei auf dem Hub ist länger als jeder echte.</translation>
    </message>
    <message>
        <source>The model&apos;s projector cannot take this picture.</source>
        <translation>Der Projektor des Modells kann mit diesem Bild nichts anfangen.</translation>
    </message>
    <message>
        <source>The models folder cannot be written.</source>
        <translation>Der Modellordner kann nicht beschrieben werden.</translation>
    </message>
    <message>
        <source>The models folder&apos;s disk has {0} GiB free, and {1} GiB are needed.</source>
        <translation>Auf dem Laufwerk des Modellordners sind {0} GiB frei, und {1} GiB werden gebraucht.</translation>
    </message>
    <message>
        <source>The other file was left as it is.</source>
        <translation>Die andere Datei wurde gelassen, wie sie ist.</translation>
    </message>
    <message>
        <source>The picture has {0} × {1} pixels: that is too narrow.</source>
        <translation>Das Bild hat {0} × {1} Pixel: Das ist zu schmal.</translation>
    </message>
    <message>
        <source>The picture has {0} × {1} pixels; {2} million are the most.</source>
        <translation>Das Bild hat {0} × {1} Pixel; höchstens {2} Millionen sind möglich.</translation>
    </message>
    <message>
        <source>The picture is damaged or cut off.</source>
        <translation>Das Bild ist beschädigt oder abgeschnitten.</translation>
    </message>
    <message>
        <source>The picture is damaged: its data is no base64.</source>
        <translation>Das Bild ist beschädigt: Seine Daten sind kein Base64.</translation>
    </message>
    <message>
        <source>The picture is larger than {0} MiB.</source>
        <translation>Das Bild ist größer als {0} MiB.</translation>
    </message>
    <message>
        <source>The preset could not be saved.</source>
        <translation>Die Vorlage konnte nicht gespeichert werden.</translation>
    </message>
    <message>
        <source>The process for the model&apos;s chat template could not be started.</source>
        <translation>Der Prozess für die Chat-Vorlage des Modells konnte nicht gestartet werden.</translation>
    </message>
    <message>
        <source>The program of {0} is not there: {1}</source>
        <translation>Das Programm von {0} ist nicht da: {1}</translation>
    </message>
    <message>
        <source>The program of {0} may not be run.</source>
        <translation>Das Programm von {0} darf nicht ausgeführt werden.</translation>
    </message>
    <message>
        <source>The projector “{0}” belongs to another model.</source>
        <translation>Der Projektor „{0}“ gehört zu einem anderen Modell.</translation>
    </message>
    <message>
        <source>The projector “{0}” could not be loaded; its file seems to be damaged.</source>
        <translation>Der Projektor „{0}“ konnte nicht geladen werden; seine Datei scheint beschädigt zu sein.</translation>
    </message>
    <message>
        <source>The prompt ends with a picture.</source>
        <translation>Der Prompt endet mit einem Bild.</translation>
    </message>
    <message>
        <source>The prompt holds numbers that are no tokens of this model.</source>
        <translation>Der Prompt enthält Zahlen, die keine Token dieses Modells sind.</translation>
    </message>
    <message>
        <source>The prompt is empty.</source>
        <translation>Der Prompt ist leer.</translation>
    </message>
    <message>
        <source>The request is larger than {0} MiB.</source>
        <translation>Die Anfrage ist größer als {0} MiB.</translation>
    </message>
    <message>
        <source>The request needs “content” or “messages”.</source>
        <translation>Die Anfrage braucht „content“ oder „messages“.</translation>
    </message>
    <message>
        <source>The request was cancelled.</source>
        <translation>Die Anfrage wurde abgebrochen.</translation>
    </message>
    <message>
        <source>The request&apos;s body is not JSON: {0}.</source>
        <translation>Der Inhalt der Anfrage ist kein JSON: {0}.</translation>
    </message>
    <message>
        <source>The request&apos;s body must be a JSON object.</source>
        <translation>Der Inhalt der Anfrage muss ein JSON-Objekt sein.</translation>
    </message>
    <message>
        <source>The role must be one of {0}.</source>
        <translation>Die Rolle muss eine von diesen sein: {0}.</translation>
    </message>
    <message>
        <source>The server sends something else than {0}.</source>
        <translation>Der Server sendet etwas anderes als {0}.</translation>
    </message>
    <message>
        <source>The settings could not be saved; they hold until Thimble is closed.</source>
        <translation>Die Einstellungen konnten nicht gespeichert werden; sie gelten, bis Thimble geschlossen wird.</translation>
    </message>
    <message>
        <source>The settings file was damaged and was set aside; the defaults are in use.</source>
        <translation>Die Datei der Einstellungen war beschädigt und wurde beiseitegelegt; es gelten die Vorgaben.</translation>
    </message>
    <message>
        <source>The starter model could not be downloaded, because its server could not be reached.</source>
        <translation>Das Startmodell konnte nicht heruntergeladen werden, weil sein Server nicht erreichbar war.</translation>
    </message>
    <message>
        <source>The starter model could not be fetched, because this Python environment has no pip.</source>
        <translation>Das Startmodell konnte nicht geholt werden, weil diese Python-Umgebung kein pip hat.</translation>
    </message>
    <message>
        <source>The starter model is not downloaded, because Thimble is set to work offline.</source>
        <translation>Das Startmodell wird nicht heruntergeladen, weil Thimble offline arbeitet.</translation>
    </message>
    <message>
        <source>The store is in use already</source>
        <translation>Der Speicherverwalter ist schon in Gebrauch</translation>
    </message>
    <message>
        <source>The store is in use already: {0}</source>
        <translation>Der Speicherverwalter ist schon in Gebrauch: {0}</translation>
    </message>
    <message>
        <source>The system&apos;s keyring is locked, so a saved key cannot be read.</source>
        <translation>Der Schlüsselbund des Systems ist gesperrt, deshalb kann ein gespeicherter Schlüssel nicht gelesen werden.</translation>
    </message>
    <message>
        <source>The text in “{0}” has {1} tokens, but this model is loaded for {2}.</source>
        <translation>Der Text in „{0}“ hat {1} Token, aber dieses Modell ist für {2} geladen.</translation>
    </message>
    <message>
        <source>The tool server {0} cannot be reached.</source>
        <translation>Der Werkzeugserver {0} ist nicht erreichbar.</translation>
    </message>
    <message>
        <source>The tool server {0} ended unexpectedly.</source>
        <translation>Der Werkzeugserver {0} endete unerwartet.</translation>
    </message>
    <message>
        <source>The tool server {0} ended, or does not speak MCP.</source>
        <translation>Der Werkzeugserver {0} endete oder spricht nicht MCP.</translation>
    </message>
    <message>
        <source>The tool servers could not be saved.</source>
        <translation>Die Werkzeugserver konnten nicht gespeichert werden.</translation>
    </message>
    <message>
        <source>The web page {0} may not use this engine.</source>
        <translation>Die Webseite {0} darf diese Engine nicht nutzen.</translation>
    </message>
    <message>
        <source>There are two keys: --api-key and --api-key-file.</source>
        <translation>Es gibt zwei Schlüssel: --api-key und --api-key-file.</translation>
    </message>
    <message>
        <source>There is no OpenAI interface at the address of {0}.</source>
        <translation>An der Adresse von {0} gibt es keine OpenAI-Schnittstelle.</translation>
    </message>
    <message>
        <source>There is no address space for the experts ({0}).</source>
        <translation>Für die Experten ist kein Adressraum frei ({0}).</translation>
    </message>
    <message>
        <source>There is no memory for the experts.</source>
        <translation>Für die Experten ist kein Speicher frei.</translation>
    </message>
    <message>
        <source>There is no model “{0}”.</source>
        <translation>Es gibt kein Modell „{0}“.</translation>
    </message>
    <message>
        <source>There is no preset on the clipboard.</source>
        <translation>In der Zwischenablage ist keine Vorlage.</translation>
    </message>
    <message>
        <source>There is no projector (a file named mmproj…gguf) beside it.</source>
        <translation>Neben ihm liegt kein Projektor (eine Datei namens mmproj…gguf).</translation>
    </message>
    <message>
        <source>There is no tool “{0}” in “tools”.</source>
        <translation>In „tools“ gibt es kein Werkzeug „{0}“.</translation>
    </message>
    <message>
        <source>There is not enough memory for a context of {0} tokens.</source>
        <translation>Für einen Kontext von {0} Token reicht der Speicher nicht.</translation>
    </message>
    <message>
        <source>There is not enough memory for texts of {0} tokens beside this model&apos;s weights.</source>
        <translation>Neben den Gewichten dieses Modells reicht der Speicher nicht für Texte von {0} Token.</translation>
    </message>
    <message>
        <source>There is not enough memory to load this model.</source>
        <translation>Der Speicher reicht nicht, um dieses Modell zu laden.</translation>
    </message>
    <message>
        <source>There is nothing at {0}.</source>
        <translation>Unter {0} gibt es nichts.</translation>
    </message>
    <message>
        <source>These records are no route trace.</source>
        <translation>Das ist keine Aufzeichnung der Expertenwahl.</translation>
    </message>
    <message>
        <source>Thimble is closing.</source>
        <translation>Thimble wird geschlossen.</translation>
    </message>
    <message>
        <source>Thimble&apos;s engine does not know models of the kind “{0}”.</source>
        <translation>Thimbles Engine kennt keine Modelle der Art „{0}“.</translation>
    </message>
    <message>
        <source>Thimble&apos;s engine does not know projectors of the kind of “{0}”.</source>
        <translation>Thimbles Engine kennt keine Projektoren von der Art von „{0}“.</translation>
    </message>
    <message>
        <source>This JSON schema cannot be used.</source>
        <translation>Dieses JSON-Schema ist nicht verwendbar.</translation>
    </message>
    <message>
        <source>This chat could not be copied.</source>
        <translation>Dieser Chat konnte nicht kopiert werden.</translation>
    </message>
    <message>
        <source>This conversation or message no longer exists.</source>
        <translation>Diese Unterhaltung oder Nachricht gibt es nicht mehr.</translation>
    </message>
    <message>
        <source>This folder cannot be searched, because its name is not written in Unicode.</source>
        <translation>Dieser Ordner kann nicht durchsucht werden, weil sein Name nicht in Unicode geschrieben ist.</translation>
    </message>
    <message>
        <source>This grammar cannot be read.</source>
        <translation>Diese Grammatik ist nicht lesbar.</translation>
    </message>
    <message>
        <source>This grammar has too many parentheses in each other.</source>
        <translation>Diese Grammatik hat zu viele Klammern ineinander.</translation>
    </message>
    <message>
        <source>This is no address of a server.</source>
        <translation>Das ist keine Adresse eines Servers.</translation>
    </message>
    <message>
        <source>This is no address of a tool server.</source>
        <translation>Das ist keine Adresse eines Werkzeugservers.</translation>
    </message>
    <message>
        <source>This is no list of MCP servers.</source>
        <translation>Das ist keine Liste von MCP-Servern.</translation>
    </message>
    <message>
        <source>This is no picture that can be read.</source>
        <translation>Das ist kein lesbares Bild.</translation>
    </message>
    <message>
        <source>This model cannot keep keys as {0} and values as {1}.</source>
        <translation>Dieses Modell kann Schlüssel nicht als {0} und Werte nicht als {1} halten.</translation>
    </message>
    <message>
        <source>This model cannot see pictures. {0}</source>
        <translation>Dieses Modell kann keine Bilder sehen. {0}</translation>
    </message>
    <message>
        <source>This model could not be loaded; its file seems to be damaged or made for another program.</source>
        <translation>Dieses Modell konnte nicht geladen werden; seine Datei scheint beschädigt oder für ein anderes Programm gemacht zu sein.</translation>
    </message>
    <message>
        <source>This model does not write text; Thimble can only chat with decoder-only language models.</source>
        <translation>Dieses Modell schreibt keinen Text; chatten kann Thimble nur mit reinen Decoder-Sprachmodellen.</translation>
    </message>
    <message>
        <source>This model has no tokenizer: it understands numbers, not text.</source>
        <translation>Dieses Modell hat keinen Tokenizer: Es versteht Zahlen, keinen Text.</translation>
    </message>
    <message>
        <source>This model needs about {0} of memory, but the limit is {1}.</source>
        <translation>Dieses Modell braucht etwa {0} Speicher, aber das Limit ist {1}.</translation>
    </message>
    <message>
        <source>This model needs at least {0} MiB of memory with a context of {1} tokens, but only {2} MiB are free.</source>
        <translation>Dieses Modell braucht mit einem Kontext von {1} Token mindestens {0} MiB Speicher, aber nur {2} MiB sind frei.</translation>
    </message>
    <message>
        <source>This model needs at least {0} MiB of memory with a context of {1} tokens, but the limit is {2} MiB.</source>
        <translation>Dieses Modell braucht mit einem Kontext von {1} Token mindestens {0} MiB Speicher, aber das Limit ist {2} MiB.</translation>
    </message>
    <message>
        <source>This model was not made for tools: its chat template takes none.</source>
        <translation>Dieses Modell ist nicht für Werkzeuge gemacht: Seine Chat-Vorlage sieht keine vor.</translation>
    </message>
    <message>
        <source>This model writes tool calls in a form that Thimble cannot read.</source>
        <translation>Dieses Modell schreibt Werkzeugaufrufe in einer Form, die Thimble nicht lesen kann.</translation>
    </message>
    <message>
        <source>This text has {0} tokens, but the context holds {1}, the answer included.</source>
        <translation>Dieser Text hat {0} Token, der Kontext fasst aber {1}, mit der Antwort.</translation>
    </message>
    <message>
        <source>This text is too long to be split into tokens.</source>
        <translation>Dieser Text ist zu lang, um in Token zerlegt zu werden.</translation>
    </message>
    <message>
        <source>Try again in a moment.</source>
        <translation>Gleich noch einmal versuchen.</translation>
    </message>
    <message>
        <source>Try again in {0} seconds.</source>
        <translation>In {0} Sekunden noch einmal versuchen.</translation>
    </message>
    <message>
        <source>Try again later, or check the hub&apos;s address in the settings.</source>
        <translation>Später noch einmal versuchen oder die Adresse des Hubs in den Einstellungen prüfen.</translation>
    </message>
    <message>
        <source>Try again later.</source>
        <translation>Später noch einmal versuchen.</translation>
    </message>
    <message>
        <source>Try again, or look at the server.</source>
        <translation>Erneut versuchen oder am Server nachsehen.</translation>
    </message>
    <message>
        <source>Try again, or look at what the server does.</source>
        <translation>Erneut versuchen oder nachsehen, was der Server tut.</translation>
    </message>
    <message>
        <source>Try again.</source>
        <translation>Erneut versuchen.</translation>
    </message>
    <message>
        <source>Try again. If that does not help, end programs that keep the computer busy, or look at the log.</source>
        <translation>Erneut versuchen. Hilft das nicht, Programme beenden, die den Computer beschäftigen, oder im Protokoll nachsehen.</translation>
    </message>
    <message>
        <source>Try again: it is started anew.</source>
        <translation>Erneut versuchen: Er wird neu gestartet.</translation>
    </message>
    <message>
        <source>Try again; if it happens again, look at the log.</source>
        <translation>Erneut versuchen; geschieht es wieder, im Protokoll nachsehen.</translation>
    </message>
    <message>
        <source>Try its command in a terminal; what it wrote is in the log.</source>
        <translation>Seinen Befehl in einem Terminal ausprobieren; was er schrieb, steht im Protokoll.</translation>
    </message>
    <message>
        <source>Try one of another size or shape.</source>
        <translation>Eines von anderer Größe oder Form versuchen.</translation>
    </message>
    <message>
        <source>Turn “Work offline” off in the settings, or add a model file.</source>
        <translation>„Offline arbeiten“ in den Einstellungen ausschalten oder eine Modelldatei hinzufügen.</translation>
    </message>
    <message>
        <source>Turn “Work offline” off in the settings, or choose a model of this computer.</source>
        <translation>„Offline arbeiten“ in den Einstellungen ausschalten oder ein Modell dieses Computers wählen.</translation>
    </message>
    <message>
        <source>Turn “Work offline” off in the settings.</source>
        <translation>„Offline arbeiten“ in den Einstellungen ausschalten.</translation>
    </message>
    <message>
        <source>Two tools are called “{0}”.</source>
        <translation>Zwei Werkzeuge heißen „{0}“.</translation>
    </message>
    <message>
        <source>Unlock the keyring, then try again.</source>
        <translation>Entsperren Sie den Schlüsselbund und versuchen Sie es noch einmal.</translation>
    </message>
    <message>
        <source>Update Thimble, or download the model again.</source>
        <translation>Thimble aktualisieren oder das Modell neu herunterladen.</translation>
    </message>
    <message>
        <source>Update Thimble, or start it with another data folder.</source>
        <translation>Thimble aktualisieren oder mit einem anderen Datenordner starten.</translation>
    </message>
    <message>
        <source>Use that one, or end the programs that hold it.</source>
        <translation>Diese nutzen oder die Programme beenden, die sie halten.</translation>
    </message>
    <message>
        <source>Values as {0} need flash attention, which models of the kind “{1}” cannot use.</source>
        <translation>Werte als {0} brauchen Flash-Attention, was Modelle der Art „{1}“ nicht nutzen können.</translation>
    </message>
    <message>
        <source>Values of this model cannot be kept as {0}: a head has {1} numbers, and {2} takes {3} at a time.</source>
        <translation>Die Werte dieses Modells lassen sich nicht als {0} halten: Ein Kopf hat {1} Zahlen, und {2} nimmt je {3}.</translation>
    </message>
    <message>
        <source>Vectors of this model have {0} numbers and cannot be cut: it was not made for that, or its file does not say so.</source>
        <translation>Vektoren dieses Modells haben {0} Zahlen und lassen sich nicht kürzen: Es ist nicht dafür gemacht, oder seine Datei sagt es nicht.</translation>
    </message>
    <message>
        <source>Vectors of this model have {0} numbers; {1} were asked for.</source>
        <translation>Vektoren dieses Modells haben {0} Zahlen; verlangt wurden {1}.</translation>
    </message>
    <message>
        <source>Wait for it, or close it, and try again.</source>
        <translation>Darauf warten oder es schließen und erneut versuchen.</translation>
    </message>
    <message>
        <source>Wait for the answer or stop it, then try again.</source>
        <translation>Auf die Antwort warten oder sie abbrechen, dann erneut versuchen.</translation>
    </message>
    <message>
        <source>Wait until some are answered, then try again.</source>
        <translation>Warten, bis einige beantwortet sind, dann erneut versuchen.</translation>
    </message>
    <message>
        <source>What is written so far does not fit the chosen form of answers.</source>
        <translation>Was schon geschrieben ist, passt nicht zur gewählten Form der Antworten.</translation>
    </message>
    <message>
        <source>What this file should be is not known.</source>
        <translation>Es ist nicht bekannt, wie diese Datei sein müsste.</translation>
    </message>
    <message>
        <source>Without a good key the network stays shut out.</source>
        <translation>Ohne einen guten Schlüssel bleibt das Netzwerk ausgeschlossen.</translation>
    </message>
    <message>
        <source>Write http:// in its address if the server has no certificate.</source>
        <translation>In seiner Adresse http:// schreiben, wenn der Server kein Zertifikat hat.</translation>
    </message>
    <message>
        <source>Write it as author/name.</source>
        <translation>Als Autor/Name schreiben.</translation>
    </message>
    <message>
        <source>Write it as in a terminal.</source>
        <translation>Wie in einem Terminal schreiben.</translation>
    </message>
    <message>
        <source>Write it like http://192.168.1.20:8000/v1.</source>
        <translation>So schreiben: http://192.168.1.20:8000/v1.</translation>
    </message>
    <message>
        <source>Write it like http://localhost:8000/mcp.</source>
        <translation>So schreiben: http://localhost:8000/mcp.</translation>
    </message>
    <message>
        <source>Write it like https://huggingface.co, or leave the field empty.</source>
        <translation>So schreiben: https://huggingface.co, oder das Feld leer lassen.</translation>
    </message>
    <message>
        <source>Write something behind it.</source>
        <translation>Etwas dahinter schreiben.</translation>
    </message>
    <message>
        <source>Write something first.</source>
        <translation>Zuerst etwas schreiben.</translation>
    </message>
    <message>
        <source>Write the answer anew, or change the form.</source>
        <translation>Die Antwort neu schreiben lassen oder die Form ändern.</translation>
    </message>
    <message>
        <source>Write the key into its first line.</source>
        <translation>Schreiben Sie den Schlüssel in die erste Zeile.</translation>
    </message>
    <message>
        <source>{0} answered with an error: “{1}”</source>
        <translation>{0} antwortete mit einem Fehler: „{1}“</translation>
    </message>
    <message>
        <source>{0} answers with a web page instead of OpenAI&apos;s protocol.</source>
        <translation>{0} antwortet mit einer Webseite statt mit OpenAIs Protokoll.</translation>
    </message>
    <message>
        <source>{0} answers with something that is not OpenAI&apos;s protocol.</source>
        <translation>{0} antwortet mit etwas, das nicht OpenAIs Protokoll ist.</translation>
    </message>
    <message>
        <source>{0} cannot be reached.</source>
        <translation>{0} ist nicht erreichbar.</translation>
    </message>
    <message>
        <source>{0} describes its tool {1} otherwise than when you checked it, so it was not called.</source>
        <translation>{0} beschreibt sein Werkzeug {1} anders als bei Ihrer Prüfung, deshalb wurde es nicht aufgerufen.</translation>
    </message>
    <message>
        <source>{0} did not answer within {1} seconds.</source>
        <translation>{0} antwortete nicht innerhalb von {1} Sekunden.</translation>
    </message>
    <message>
        <source>{0} did not answer.</source>
        <translation>{0} antwortete nicht.</translation>
    </message>
    <message>
        <source>{0} did not arrive as it is on the hub, so it was removed.</source>
        <translation>{0} kam nicht so an, wie es auf dem Hub liegt, und wurde entfernt.</translation>
    </message>
    <message>
        <source>{0} does not accept the key.</source>
        <translation>{0} nimmt den Schlüssel nicht an.</translation>
    </message>
    <message>
        <source>{0} does not accept {1}.</source>
        <translation>{0} nimmt {1} nicht an.</translation>
    </message>
    <message>
        <source>{0} does not allow this.</source>
        <translation>{0} erlaubt das nicht.</translation>
    </message>
    <message>
        <source>{0} does not allow this: “{1}”</source>
        <translation>{0} erlaubt das nicht: „{1}“</translation>
    </message>
    <message>
        <source>{0} does not speak https at this address.</source>
        <translation>{0} spricht an dieser Adresse kein https.</translation>
    </message>
    <message>
        <source>{0} ended the answer before its first word, and gave no reason.</source>
        <translation>{0} beendete die Antwort vor dem ersten Wort und nannte keinen Grund.</translation>
    </message>
    <message>
        <source>{0} ended the answer with an error; what had come is kept.</source>
        <translation>{0} beendete die Antwort mit einem Fehler; das bisher Gekommene bleibt erhalten.</translation>
    </message>
    <message>
        <source>{0} ended the answer with an error; what had come is kept: “{1}”</source>
        <translation>{0} beendete die Antwort mit einem Fehler; das bisher Gekommene bleibt erhalten: „{1}“</translation>
    </message>
    <message>
        <source>{0} had an error of its own (error {1}).</source>
        <translation>{0} hatte selbst einen Fehler (Fehler {1}).</translation>
    </message>
    <message>
        <source>{0} had an error of its own (error {1}): “{2}”</source>
        <translation>{0} hatte selbst einen Fehler (Fehler {1}): „{2}“</translation>
    </message>
    <message>
        <source>{0} has had too many requests.</source>
        <translation>{0} hatte zu viele Anfragen.</translation>
    </message>
    <message>
        <source>{0} has had too many requests: “{1}”</source>
        <translation>{0} hatte zu viele Anfragen: „{1}“</translation>
    </message>
    <message>
        <source>{0} has moved to another address.</source>
        <translation>{0} ist an eine andere Adresse umgezogen.</translation>
    </message>
    <message>
        <source>{0} has no model file of that kind.</source>
        <translation>{0} hat keine Modelldatei dieser Art.</translation>
    </message>
    <message>
        <source>{0} has no model {1}.</source>
        <translation>{0} hat kein Modell {1}.</translation>
    </message>
    <message>
        <source>{0} has no model {1}: “{2}”</source>
        <translation>{0} hat kein Modell {1}: „{2}“</translation>
    </message>
    <message>
        <source>{0} has said nothing for {1} seconds, so the answer was ended; what had come is kept.</source>
        <translation>{0} hat {1} Sekunden lang nichts gesagt, deshalb wurde die Antwort beendet; das bisher Gekommene bleibt erhalten.</translation>
    </message>
    <message>
        <source>{0} is not a token of this model; it has tokens 0 to {1}.</source>
        <translation>{0} ist kein Token dieses Modells; es hat die Token 0 bis {1}.</translation>
    </message>
    <message>
        <source>{0} refused the request (error {1}).</source>
        <translation>{0} lehnte die Anfrage ab (Fehler {1}).</translation>
    </message>
    <message>
        <source>{0} refused the request (error {1}): “{2}”</source>
        <translation>{0} lehnte die Anfrage ab (Fehler {1}): „{2}“</translation>
    </message>
    <message>
        <source>{0} requests of this program wait already.</source>
        <translation>{0} Anfragen dieses Programms warten schon.</translation>
    </message>
    <message>
        <source>{0} sent more than {1} MiB without coming to an end; what had come is kept.</source>
        <translation>{0} hat mehr als {1} MiB gesendet, ohne zu einem Ende zu kommen; was gekommen war, ist erhalten.</translation>
    </message>
    <message>
        <source>{0} wants a key.</source>
        <translation>{0} verlangt einen Schlüssel.</translation>
    </message>
    <message>
        <source>{0} was not asked, because Thimble is set to work offline.</source>
        <translation>{0} wurde nicht gefragt, weil Thimble offline arbeitet.</translation>
    </message>
    <message>
        <source>{0}; what was written so far is kept.</source>
        <translation>{0}; das bisher Geschriebene bleibt erhalten.</translation>
    </message>
    <message>
        <source>“after” must be a number of an answer.</source>
        <translation>„after“ muss die Nummer einer Antwort sein.</translation>
    </message>
    <message>
        <source>“background” is not possible: nothing is stored here.</source>
        <translation>„background“ ist nicht möglich: Hier wird nichts gespeichert.</translation>
    </message>
    <message>
        <source>“continue_final” needs the assistant&apos;s message as the last one.</source>
        <translation>„continue_final“ braucht als letzte Nachricht eine des Assistenten.</translation>
    </message>
    <message>
        <source>“conversation” is not possible: nothing is stored here. Send the whole conversation.</source>
        <translation>„conversation“ ist nicht möglich: Hier wird nichts gespeichert. Die ganze Unterhaltung senden.</translation>
    </message>
    <message>
        <source>“previous_response_id” is not possible: nothing is stored here. Send the whole conversation.</source>
        <translation>„previous_response_id“ ist nicht möglich: Hier wird nichts gespeichert. Die ganze Unterhaltung senden.</translation>
    </message>
    <message>
        <source>“top_logprobs” needs “logprobs”: true.</source>
        <translation>„top_logprobs“ braucht „logprobs“: true.</translation>
    </message>
    <message>
        <source>“{0}” cannot be kept as a picture.</source>
        <translation>„{0}“ kann nicht als Bild behalten werden.</translation>
    </message>
    <message>
        <source>“{0}” cannot be read ({1}).</source>
        <translation>„{0}“ kann nicht gelesen werden ({1}).</translation>
    </message>
    <message>
        <source>“{0}” cannot be read as a picture.</source>
        <translation>„{0}“ kann nicht als Bild gelesen werden.</translation>
    </message>
    <message>
        <source>“{0}” cannot be read.</source>
        <translation>„{0}“ kann nicht gelesen werden.</translation>
    </message>
    <message>
        <source>“{0}” cannot be read: rows of weights in the format {1} hold a multiple of {2}, but here one holds {3}.</source>
        <translation>„{0}“ kann nicht gelesen werden: Zeilen von Gewichten im Format {1} haben ein Vielfaches von {2}, eine hier hat aber {3}.</translation>
    </message>
    <message>
        <source>“{0}” chooses its experts in a way this Thimble does not know.</source>
        <translation>„{0}“ wählt seine Experten auf eine Weise, die dieses Thimble nicht kennt.</translation>
    </message>
    <message>
        <source>“{0}” computes a vector for each token, and its file does not say how they become one for a text.</source>
        <translation>„{0}“ berechnet für jedes Token einen Vektor, und die Datei sagt nicht, wie daraus einer für einen Text wird.</translation>
    </message>
    <message>
        <source>“{0}” could not be read from the disk.</source>
        <translation>„{0}“ konnte nicht vom Laufwerk gelesen werden.</translation>
    </message>
    <message>
        <source>“{0}” does not say how many experts it has; it cannot be used.</source>
        <translation>„{0}“ sagt nicht, wie viele Experten es hat; es ist nicht verwendbar.</translation>
    </message>
    <message>
        <source>“{0}” has a damaged header.</source>
        <translation>„{0}“ hat einen beschädigten Dateikopf.</translation>
    </message>
    <message>
        <source>“{0}” has a form of GPT4All&apos;s that Thimble does not know (number {1}).</source>
        <translation>„{0}“ hat eine Form von GPT4All, die Thimble nicht kennt (Nummer {1}).</translation>
    </message>
    <message>
        <source>“{0}” has damaged weights: “{1}” holds values that are no numbers.</source>
        <translation>„{0}“ hat beschädigte Gewichte: „{1}“ enthält Werte, die keine Zahlen sind.</translation>
    </message>
    <message>
        <source>“{0}” has pages without text, perhaps scanned ones.</source>
        <translation>„{0}“ hat Seiten ohne Text, vielleicht eingescannte.</translation>
    </message>
    <message>
        <source>“{0}” has too many pixels: {1} × {2}.</source>
        <translation>„{0}“ hat zu viele Pixel: {1} × {2}.</translation>
    </message>
    <message>
        <source>“{0}” has {1} experts in a layer; Thimble&apos;s engine can run up to {2}.</source>
        <translation>„{0}“ hat {1} Experten in einer Schicht; Thimbles Engine kann bis zu {2} rechnen.</translation>
    </message>
    <message>
        <source>“{0}” holds experts that do not fit together: “{1}” is {2}.</source>
        <translation>„{0}“ enthält Experten, die nicht zusammenpassen: „{1}“ ist {2}.</translation>
    </message>
    <message>
        <source>“{0}” holds more text than 64 MiB.</source>
        <translation>„{0}“ enthält mehr als 64 MiB Text.</translation>
    </message>
    <message>
        <source>“{0}” holds no language model by itself (it is an adapter, an image encoder or a vocabulary).</source>
        <translation>„{0}“ enthält für sich kein Sprachmodell (es ist ein Adapter, ein Bild-Encoder oder ein Wortschatz).</translation>
    </message>
    <message>
        <source>“{0}” holds no text.</source>
        <translation>„{0}“ enthält keinen Text.</translation>
    </message>
    <message>
        <source>“{0}” holds weights in a format this Thimble does not know.</source>
        <translation>„{0}“ enthält Gewichte in einem Format, das dieses Thimble nicht kennt.</translation>
    </message>
    <message>
        <source>“{0}” holds weights that do not fit together: “{1}” has another size than its header says.</source>
        <translation>„{0}“ enthält Gewichte, die nicht zusammenpassen: „{1}“ hat eine andere Größe, als der Dateikopf sagt.</translation>
    </message>
    <message>
        <source>“{0}” is a GGUF file of version 1, which is no longer read.</source>
        <translation>„{0}“ ist eine GGUF-Datei der Version 1, die nicht mehr gelesen wird.</translation>
    </message>
    <message>
        <source>“{0}” is a GGUF file of version {1}, which this Thimble does not know.</source>
        <translation>„{0}“ ist eine GGUF-Datei der Version {1}, die dieses Thimble nicht kennt.</translation>
    </message>
    <message>
        <source>“{0}” is a Git LFS pointer, not the model itself.</source>
        <translation>„{0}“ ist ein Git-LFS-Verweis, nicht das Modell selbst.</translation>
    </message>
    <message>
        <source>“{0}” is a big-endian GGUF file, made for another kind of processor.</source>
        <translation>„{0}“ ist eine Big-Endian-GGUF-Datei für eine andere Art von Prozessor.</translation>
    </message>
    <message>
        <source>“{0}” is a device or a pipe, not a file on disk.</source>
        <translation>„{0}“ ist ein Gerät oder eine Pipe, keine Datei auf einem Laufwerk.</translation>
    </message>
    <message>
        <source>“{0}” is a folder, not a model file.</source>
        <translation>„{0}“ ist ein Ordner, keine Modelldatei.</translation>
    </message>
    <message>
        <source>“{0}” is a kind of picture that cannot be read.</source>
        <translation>„{0}“ ist eine Art von Bild, die nicht gelesen werden kann.</translation>
    </message>
    <message>
        <source>“{0}” is a projector for sound, not for pictures.</source>
        <translation>„{0}“ ist ein Projektor für Ton, nicht für Bilder.</translation>
    </message>
    <message>
        <source>“{0}” is a web page that was saved under the name of a model.</source>
        <translation>„{0}“ ist eine Webseite, die unter dem Namen eines Modells gespeichert wurde.</translation>
    </message>
    <message>
        <source>“{0}” is damaged or cut off, so nothing of it was imported.</source>
        <translation>„{0}“ ist beschädigt oder abgeschnitten, deshalb wurde nichts daraus importiert.</translation>
    </message>
    <message>
        <source>“{0}” is damaged.</source>
        <translation>„{0}“ ist beschädigt.</translation>
    </message>
    <message>
        <source>“{0}” is empty.</source>
        <translation>„{0}“ ist leer.</translation>
    </message>
    <message>
        <source>“{0}” is in a format from before GGUF, which Thimble does not read.</source>
        <translation>„{0}“ hat ein Format aus der Zeit vor GGUF, das Thimble nicht liest.</translation>
    </message>
    <message>
        <source>“{0}” is larger than 256 MiB when it is unpacked.</source>
        <translation>„{0}“ ist entpackt größer als 256 MiB.</translation>
    </message>
    <message>
        <source>“{0}” is larger than 64 MiB.</source>
        <translation>„{0}“ ist größer als 64 MiB.</translation>
    </message>
    <message>
        <source>“{0}” is locked with a password.</source>
        <translation>„{0}“ ist mit einem Passwort geschützt.</translation>
    </message>
    <message>
        <source>“{0}” is no projector.</source>
        <translation>„{0}“ ist kein Projektor.</translation>
    </message>
    <message>
        <source>“{0}” is not a GGUF model file.</source>
        <translation>„{0}“ ist keine GGUF-Modelldatei.</translation>
    </message>
    <message>
        <source>“{0}” is not complete: it has no weights “{1}”.</source>
        <translation>„{0}“ ist nicht vollständig: Die Gewichte „{1}“ fehlen.</translation>
    </message>
    <message>
        <source>“{0}” is not complete: part {1} of {2} is missing.</source>
        <translation>„{0}“ ist nicht vollständig: Teil {1} von {2} fehlt.</translation>
    </message>
    <message>
        <source>“{0}” is not complete: the file ends too early.</source>
        <translation>„{0}“ ist nicht vollständig: Die Datei endet zu früh.</translation>
    </message>
    <message>
        <source>“{0}” is not there.</source>
        <translation>„{0}“ ist nicht da.</translation>
    </message>
    <message>
        <source>“{0}” is of the kind “{1}”, which Thimble&apos;s engine cannot place rightly yet.</source>
        <translation>„{0}“ ist von der Art „{1}“, die Thimbles Engine noch nicht richtig anordnen kann.</translation>
    </message>
    <message>
        <source>“{0}” is too narrow: {1} × {2} pixels.</source>
        <translation>„{0}“ ist zu schmal: {1} × {2} Pixel.</translation>
    </message>
    <message>
        <source>“{0}” may not be read by your user.</source>
        <translation>„{0}“ darf von Ihrem Benutzer nicht gelesen werden.</translation>
    </message>
    <message>
        <source>“{0}” says that a token uses {1} experts of {2}; it cannot be used.</source>
        <translation>„{0}“ sagt, dass ein Token {1} von {2} Experten nutzt; es ist nicht verwendbar.</translation>
    </message>
    <message>
        <source>“{0}” says that none of its {1} experts is ever used; it cannot be used.</source>
        <translation>„{0}“ sagt, dass keiner seiner {1} Experten je genutzt wird; es ist nicht verwendbar.</translation>
    </message>
    <message>
        <source>“{0}” says that {1} of {2} groups of its {3} experts are used; it cannot be used.</source>
        <translation>„{0}“ sagt, dass {1} von {2} Gruppen seiner {3} Experten genutzt werden; es ist nicht verwendbar.</translation>
    </message>
    <message>
        <source>“{0}” sorts texts by how well they answer a question (a reranker), which Thimble cannot do yet.</source>
        <translation>„{0}“ ordnet Texte danach, wie gut sie eine Frage beantworten (ein Reranker); das kann Thimble noch nicht.</translation>
    </message>
    <message>
        <source>“{0}” takes too long to read.</source>
        <translation>„{0}“ zu lesen dauert zu lange.</translation>
    </message>
    <message>
        <source>“{0}” takes too much memory to read.</source>
        <translation>„{0}“ zu lesen braucht zu viel Speicher.</translation>
    </message>
    <message>
        <source>“{0}” turns texts into embeddings; it cannot write.</source>
        <translation>„{0}“ macht aus Texten Embeddings; schreiben kann es nicht.</translation>
    </message>
    <message>
        <source>“{0}” was not brought back: there is another file of that name now.</source>
        <translation>„{0}“ wurde nicht zurückgeholt: Es gibt jetzt eine andere Datei dieses Namens.</translation>
    </message>
    <message>
        <source>“{0}” writes text; it was not made for embeddings.</source>
        <translation>„{0}“ schreibt Text; für Embeddings ist es nicht gemacht.</translation>
    </message>
    <message>
        <source>Leave THIMBLE_CPU_VARIANT empty.</source>
        <translation>THIMBLE_CPU_VARIANT leer lassen.</translation>
    </message>
    <message>
        <source>Leave THIMBLE_CPU_VARIANT empty: then the best one for this processor is taken.</source>
        <translation>THIMBLE_CPU_VARIANT leer lassen: Dann wird die beste für diesen Prozessor genommen.</translation>
    </message>
    <message>
        <source>Send it as “Authorization: Bearer …”; the page “Programs” and “thimble serve” show it.</source>
        <translation>Senden Sie ihn als „Authorization: Bearer …“; die Seite „Programme“ und „thimble serve“ zeigen ihn.</translation>
    </message>
    <message>
        <source>Set THIMBLE_CPU_VARIANT to one of {0}, or leave it empty.</source>
        <translation>THIMBLE_CPU_VARIANT auf eine von {0} setzen oder leer lassen.</translation>
    </message>
    <message>
        <source>The chat template could not be tried.</source>
        <translation>Die Chat-Vorlage konnte nicht erprobt werden.</translation>
    </message>
    <message>
        <source>The engine does not answer.</source>
        <translation>Die Engine antwortet nicht.</translation>
    </message>
    <message>
        <source>This computer&apos;s processor cannot run the engine&apos;s variant {0}: it lacks {1}.</source>
        <translation>Der Prozessor dieses Computers kann die Variante {0} der Engine nicht ausführen: Ihm fehlt {1}.</translation>
    </message>
    <message>
        <source>This computer&apos;s processor is too old for Thimble: it lacks instructions that the engine is made of.</source>
        <translation>Der Prozessor dieses Computers ist zu alt für Thimble: Ihm fehlen Befehle, aus denen die Engine besteht.</translation>
    </message>
    <message>
        <source>This engine has no variant {0}.</source>
        <translation>Diese Engine hat keine Variante {0}.</translation>
    </message>
    <message>
        <source>This engine was built for one processor; it has no variant {0}.</source>
        <translation>Diese Engine wurde für einen Prozessor gebaut; sie hat keine Variante {0}.</translation>
    </message>
    <message>
        <source>Use a computer with a newer processor, or build the engine on this one: python3 -m installer engine</source>
        <translation>Einen Computer mit neuerem Prozessor nehmen oder die Engine auf diesem bauen: python3 -m installer engine</translation>
    </message>
    <message>
        <source>Get the starter model instead.</source>
        <translation>Laden Sie stattdessen das Startmodell herunter.</translation>
    </message>
    <message>
        <source>This copy of Thimble came without the Thimble guide.</source>
        <translation>Bei diesem Thimble war „Thimble guide“ nicht dabei.</translation>
    </message>
    <message>
        <source>Choose a file such as ggml-base.bin.</source>
        <translation>Eine Datei wie ggml-base.bin wählen.</translation>
    </message>
    <message>
        <source>What was said could not be written down.</source>
        <translation>Das Gesagte konnte nicht aufgeschrieben werden.</translation>
    </message>
    <message>
        <source>“{0}” is no speech model of whisper.cpp.</source>
        <translation>„{0}“ ist kein Whisper-Modell von whisper.cpp.</translation>
    </message>
    <message>
        <source>Close other programs, or export fewer chats at a time.</source>
        <translation>Schließen Sie andere Programme, oder exportieren Sie weniger Chats auf einmal.</translation>
    </message>
    <message>
        <source>“{0}” takes more memory to read than is free now.</source>
        <translation>„{0}“ zu lesen braucht mehr Speicher, als jetzt frei ist.</translation>
    </message>
    <message>
        <source>Ask it for less at once.</source>
        <translation>Fragen Sie nach weniger auf einmal.</translation>
    </message>
    <message>
        <source>Simplify it: fewer repetitions inside repetitions, and no two rules that begin alike.</source>
        <translation>Vereinfachen Sie sie: weniger Wiederholungen in Wiederholungen und keine zwei Regeln, die gleich beginnen.</translation>
    </message>
    <message>
        <source>This grammar or JSON schema can be read in too many ways.</source>
        <translation>Diese Grammatik oder dieses JSON-Schema lässt sich auf zu viele Arten lesen.</translation>
    </message>
    <message>
        <source>{0} sent an answer of more than {1} MiB, which was not read.</source>
        <translation>{0} hat eine Antwort von mehr als {1} MiB geschickt; sie wurde nicht gelesen.</translation>
    </message>
</context>
<context>
    <name>Figures</name>
    <message>
        <source>{0} B</source>
        <translation>{0} Mrd.</translation>
    </message>
    <message>
        <source>{0} M</source>
        <translation>{0} Mio.</translation>
    </message>
    <message>
        <source>unloaded after a minute idle</source>
        <translation>nach einer Minute ohne Frage entladen</translation>
    </message>
    <message>
        <source>unloaded after {0} minutes idle</source>
        <translation>nach {0} Minuten ohne Frage entladen</translation>
    </message>
    <message>
        <source>{0} days</source>
        <translation>{0} Tage</translation>
    </message>
    <message>
        <source>{0} s</source>
        <translation>{0} s</translation>
    </message>
    <message>
        <source>{0} min</source>
        <translation>{0} min</translation>
    </message>
</context>
<context>
    <name>FileChip</name>
    <message>
        <source>Take away {0}</source>
        <translation>{0} entfernen</translation>
    </message>
    <message>
        <source>1 page</source>
        <translation>1 Seite</translation>
    </message>
    <message>
        <source>{0} pages</source>
        <translation>{0} Seiten</translation>
    </message>
    <message>
        <source>{0} tokens</source>
        <translation>{0} Token</translation>
    </message>
    <message>
        <source>{0} characters</source>
        <translation>{0} Zeichen</translation>
    </message>
    <message>
        <source>searched for each question</source>
        <translation>wird bei jeder Frage durchsucht</translation>
    </message>
    <message>
        <source>Read {0} whole</source>
        <translation>{0} ganz lesen</translation>
    </message>
    <message>
        <source>Only search in {0}</source>
        <translation>{0} nur durchsuchen</translation>
    </message>
</context>
<context>
    <name>FileChips</name>
    <message>
        <source>Attached files</source>
        <translation>Angehängte Dateien</translation>
    </message>
</context>
<context>
    <name>FindBar</name>
    <message>
        <source>Find in this chat</source>
        <translation>In diesem Chat suchen</translation>
    </message>
    <message>
        <source>Previous place</source>
        <translation>Vorige Stelle</translation>
    </message>
    <message>
        <source>Next place</source>
        <translation>Nächste Stelle</translation>
    </message>
    <message>
        <source>Close</source>
        <translation>Schließen</translation>
    </message>
    <message>
        <source>Not found</source>
        <translation>Nicht gefunden</translation>
    </message>
    <message>
        <source>{0} of {1}</source>
        <translation>{0} von {1}</translation>
    </message>
</context>
<context>
    <name>Finder</name>
    <message>
        <source>Search the hub</source>
        <translation>Im Hub suchen</translation>
    </message>
    <message>
        <source>Open the setting</source>
        <translation>Einstellung öffnen</translation>
    </message>
    <message>
        <source>On the hub</source>
        <translation>Im Hub</translation>
    </message>
    <message>
        <source>Good models for this engine</source>
        <translation>Gute Modelle für diese Engine</translation>
    </message>
    <message>
        <source>Search {0} for “{1}”</source>
        <translation>{0} nach „{1}“ durchsuchen</translation>
    </message>
    <message>
        <source>Searching…</source>
        <translation>Suche …</translation>
    </message>
    <message>
        <source>No model file with these words.</source>
        <translation>Keine Modelldatei mit diesen Wörtern.</translation>
    </message>
</context>
<context>
    <name>FirstRunPage</name>
    <message>
        <source>Welcome to Thimble</source>
        <translation>Willkommen bei Thimble</translation>
    </message>
    <message>
        <source>Language models that run on this computer; nothing you write leaves it.
Get the small starter model, and it answers your first question.</source>
        <translation>Sprachmodelle auf diesem Computer; alles Geschriebene bleibt hier.
Das kleine Startmodell laden, und es beantwortet die erste Frage.</translation>
    </message>
    <message>
        <source>Your first question</source>
        <translation>Die erste Frage</translation>
    </message>
    <message>
        <source>Get the starter model ({0} MB)</source>
        <translation>Startmodell herunterladen ({0} MB)</translation>
    </message>
    <message>
        <source>Add a GGUF file…</source>
        <translation>GGUF-Datei hinzufügen&#xa0;…</translation>
    </message>
    <message>
        <source>A model file that is on this computer; most end in .gguf</source>
        <translation>Eine Modelldatei auf diesem Computer; die meisten enden auf .gguf</translation>
    </message>
    <message>
        <source>Try the tiny Thimble guide (already here, in English)</source>
        <translation>„Thimble guide“ ausprobieren (schon da, Englisch)</translation>
    </message>
    <message>
        <source>A very small model that answers questions about Thimble</source>
        <translation>Ein sehr kleines Modell, das Fragen zu Thimble beantwortet</translation>
    </message>
    <message>
        <source>Cancel</source>
        <translation>Abbrechen</translation>
    </message>
    <message>
        <source>Try again</source>
        <translation>Erneut versuchen</translation>
    </message>
    <message>
        <source>Open the setting</source>
        <translation>Einstellung öffnen</translation>
    </message>
    <message>
        <source>Or a bigger model that knows more</source>
        <translation>Oder ein größeres Modell, das mehr weiß</translation>
    </message>
    <message>
        <source>Getting the starter model…</source>
        <translation>Startmodell wird heruntergeladen&#xa0;…</translation>
    </message>
    <message>
        <source>Adding {0}…</source>
        <translation>{0} wird hinzugefügt&#xa0;…</translation>
    </message>
    <message>
        <source>Thimble guide</source>
        <translation>Thimble guide</translation>
    </message>
</context>
<context>
    <name>Fit</name>
    <message>
        <source>Needs {0} of memory, the limit is {1}</source>
        <translation>Braucht {0} Speicher, die Grenze ist {1}</translation>
    </message>
    <message>
        <source>Needs {0} of memory, {1} are free</source>
        <translation>Braucht {0} Speicher, {1} sind frei</translation>
    </message>
    <message>
        <source>Works in {0} with {1} of the experts in memory</source>
        <translation>Läuft in {0} mit {1} der Experten im Speicher</translation>
    </message>
    <message>
        <source>Fits in memory: {0} of {1}</source>
        <translation>Passt in den Speicher: {0} von {1}</translation>
    </message>
    <message>
        <source> · file {0}</source>
        <translation> · Datei {0}</translation>
    </message>
    <message>
        <source>≈ {0} tok/s</source>
        <translation>≈ {0} Token/s</translation>
    </message>
    <message>
        <source>{0}–{1} tokens/s</source>
        <translation>{0}–{1} Token/s</translation>
    </message>
    <message>
        <source>tok/s: tokens a second; a token is a short word or a part of one</source>
        <translation>Token/s: Token pro Sekunde; ein Token ist ein kurzes Wort oder ein Teil eines Wortes</translation>
    </message>
    <message>
        <source>in memory besides experts: {0}</source>
        <translation>im Speicher außer Experten: {0}</translation>
    </message>
    <message>
        <source>for experts: {0}</source>
        <translation>für Experten: {0}</translation>
    </message>
    <message>
        <source>estimated hits: {0}</source>
        <translation>geschätzte Treffer: {0}</translation>
    </message>
    <message>
        <source>read from disk for each token: {0}</source>
        <translation>je Token von der Platte gelesen: {0}</translation>
    </message>
    <message>
        <source>expected: {0}</source>
        <translation>erwartet: {0}</translation>
    </message>
    <message>
        <source>An estimate from the file&apos;s header and this computer&apos;s measured speeds.</source>
        <translation>Eine Schätzung aus dem Kopf der Datei und den gemessenen Geschwindigkeiten dieses Computers.</translation>
    </message>
    <message>
        <source>Mixture of Experts: each token needs only a small part of it,
so that the rest can wait on disk.</source>
        <translation>Mixture of Experts: Jedes Token braucht nur einen kleinen Teil davon,
so dass der Rest auf der Platte warten kann.</translation>
    </message>
    <message>
        <source>reading the first prompt: ≈ {0} tokens/s</source>
        <translation>Lesen des ersten Prompts: ≈ {0} Token/s</translation>
    </message>
</context>
<context>
    <name>FitView</name>
    <message>
        <source>Memory needed and available</source>
        <translation>Benötigter und verfügbarer Speicher</translation>
    </message>
    <message>
        <source>weights and context</source>
        <translation>Gewichte und Kontext</translation>
    </message>
    <message>
        <source>experts in memory</source>
        <translation>Experten im Speicher</translation>
    </message>
</context>
<context>
    <name>Flow</name>
    <message>
        <source>Copy code</source>
        <translation>Code kopieren</translation>
    </message>
    <message>
        <source>Copy {0} code</source>
        <translation>{0}-Code kopieren</translation>
    </message>
    <message>
        <source>Scroll code sideways</source>
        <translation>Code seitwärts scrollen</translation>
    </message>
</context>
<context>
    <name>FolderChip</name>
    <message>
        <source>Do not look in {0}</source>
        <translation>{0} nicht mehr durchsuchen</translation>
    </message>
    <message>
        <source>Indexing… {0}</source>
        <translation>Wird eingelesen… {0}</translation>
    </message>
    <message>
        <source>Looking through it…</source>
        <translation>Wird durchgesehen…</translation>
    </message>
    <message>
        <source>Not indexed</source>
        <translation>Nicht eingelesen</translation>
    </message>
    <message>
        <source>Not there</source>
        <translation>Nicht da</translation>
    </message>
    <message>
        <source>1 file</source>
        <translation>1 Datei</translation>
    </message>
    <message>
        <source>{0} files</source>
        <translation>{0} Dateien</translation>
    </message>
    <message>
        <source>not looked through</source>
        <translation>nicht durchgesehen</translation>
    </message>
    <message>
        <source>{0} not read</source>
        <translation>{0} nicht gelesen</translation>
    </message>
    <message>
        <source>{0} unreadable</source>
        <translation>{0} nicht lesbar</translation>
    </message>
    <message>
        <source>Folder</source>
        <translation>Ordner</translation>
    </message>
    <message>
        <source>The folder is not there; what was read before is still searched.</source>
        <translation>Der Ordner ist nicht da; was vorher gelesen wurde, wird weiter durchsucht.</translation>
    </message>
    <message>
        <source>It has more files than are indexed.</source>
        <translation>Er enthält mehr Dateien, als eingelesen werden.</translation>
    </message>
    <message>
        <source>Stop indexing</source>
        <translation>Einlesen beenden</translation>
    </message>
    <message>
        <source>Look through it now</source>
        <translation>Jetzt durchsehen</translation>
    </message>
    <message>
        <source>Open folder</source>
        <translation>Ordner öffnen</translation>
    </message>
    <message>
        <source>Could not be read</source>
        <translation>Nicht lesbar</translation>
    </message>
    <message>
        <source>and {0} more</source>
        <translation>und {0} weitere</translation>
    </message>
    <message>
        <source>Do not look in it any more</source>
        <translation>Nicht mehr durchsuchen</translation>
    </message>
</context>
<context>
    <name>FolderChips</name>
    <message>
        <source>Folders this chat looks in</source>
        <translation>Ordner, die dieser Chat durchsucht</translation>
    </message>
</context>
<context>
    <name>FolderControl</name>
    <message>
        <source>Choose…</source>
        <translation>Auswählen&#xa0;…</translation>
    </message>
    <message>
        <source>Choose: {0}</source>
        <translation>Auswählen: {0}</translation>
    </message>
</context>
<context>
    <name>ForeignCard</name>
    <message>
        <source>Models of other programs</source>
        <translation>Modelle anderer Programme</translation>
    </message>
    <message>
        <source>Found in the folders of other programs. Thimble uses them where they are; nothing is copied.</source>
        <translation>In den Ordnern anderer Programme gefunden. Thimble benutzt sie, wo sie sind; nichts wird kopiert.</translation>
    </message>
    <message>
        <source>Use</source>
        <translation>Benutzen</translation>
    </message>
    <message>
        <source>Use {0}</source>
        <translation>{0} benutzen</translation>
    </message>
</context>
<context>
    <name>Form</name>
    <message>
        <source>Cancel</source>
        <translation>Abbrechen</translation>
    </message>
</context>
<context>
    <name>FoundModel</name>
    <message>
        <source>{0} downloads</source>
        <translation>{0} Downloads</translation>
    </message>
    <message>
        <source>changed {0}</source>
        <translation>geändert {0}</translation>
    </message>
</context>
<context>
    <name>HeatMap</name>
    <message>
        <source>Layers and experts</source>
        <translation>Schichten und Experten</translation>
    </message>
    <message>
        <source>No experts are kept on disk.</source>
        <translation>Keine Experten auf dem Laufwerk.</translation>
    </message>
    <message>
        <source>in memory</source>
        <translation>im Speicher</translation>
    </message>
    <message>
        <source>on disk</source>
        <translation>auf dem Laufwerk</translation>
    </message>
    <message>
        <source>Layer {0}, expert {1}: {2} of its layer&apos;s uses, missing {3} of {4} times, {5}</source>
        <translation>Schicht {0}, Experte {1}: {2} der Aufrufe der Schicht, fehlte {3} von {4} Mal, {5}</translation>
    </message>
    <message>
        <source>expert 0</source>
        <translation>Experte 0</translation>
    </message>
    <message>
        <source>neurons</source>
        <translation>Neuronen</translation>
    </message>
</context>
<context>
    <name>HistoryView</name>
    <message>
        <source>History</source>
        <translation>Verlauf</translation>
    </message>
    <message>
        <source>Answers</source>
        <translation>Antworten</translation>
    </message>
    <message>
        <source>{0} min</source>
        <translation>{0} min</translation>
    </message>
    <message>
        <source>Pause</source>
        <translation>Anhalten</translation>
    </message>
    <message>
        <source>Earlier</source>
        <translation>Früher</translation>
    </message>
    <message>
        <source>Later</source>
        <translation>Später</translation>
    </message>
    <message>
        <source>Zoom in</source>
        <translation>Vergrößern</translation>
    </message>
    <message>
        <source>Zoom out</source>
        <translation>Verkleinern</translation>
    </message>
    <message>
        <source>Export</source>
        <translation>Exportieren</translation>
    </message>
    <message>
        <source>Course as CSV</source>
        <translation>Verlauf als CSV</translation>
    </message>
    <message>
        <source>Everything as JSON</source>
        <translation>Alles als JSON</translation>
    </message>
    <message>
        <source>This page as a picture</source>
        <translation>Diese Seite als Bild</translation>
    </message>
    <message>
        <source>the newest first</source>
        <translation>die neuesten zuerst</translation>
    </message>
    <message>
        <source>nothing answered yet</source>
        <translation>noch keine Antwort</translation>
    </message>
    <message>
        <source>Saved as {0}.</source>
        <translation>Als {0} gespeichert.</translation>
    </message>
</context>
<context>
    <name>ImportForm</name>
    <message>
        <source>Import</source>
        <translation>Importieren</translation>
    </message>
    <message>
        <source>Import tool servers</source>
        <translation>Werkzeugserver importieren</translation>
    </message>
    <message>
        <source>Servers as JSON</source>
        <translation>Server als JSON</translation>
    </message>
    <message>
        <source>As other programs write it. Nothing is started before you say so.</source>
        <translation>So, wie andere Programme es schreiben. Nichts startet, bevor Sie es sagen.</translation>
    </message>
</context>
<context>
    <name>InsideView</name>
    <message>
        <source>Inside the file</source>
        <translation>In der Datei</translation>
    </message>
    <message>
        <source>Reading the header…</source>
        <translation>Liest den Kopf …</translation>
    </message>
    <message>
        <source>Tensors by type</source>
        <translation>Tensoren nach Typ</translation>
    </message>
    <message>
        <source>type</source>
        <translation>Typ</translation>
    </message>
    <message>
        <source>tensors</source>
        <translation>Tensoren</translation>
    </message>
    <message>
        <source>weights</source>
        <translation>Gewichte</translation>
    </message>
    <message>
        <source>size</source>
        <translation>Größe</translation>
    </message>
    <message>
        <source>share</source>
        <translation>Anteil</translation>
    </message>
    <message>
        <source>Architecture</source>
        <translation>Architektur</translation>
    </message>
    <message>
        <source>Weights</source>
        <translation>Gewichte</translation>
    </message>
    <message>
        <source>Layers</source>
        <translation>Schichten</translation>
    </message>
    <message>
        <source>Width</source>
        <translation>Breite</translation>
    </message>
    <message>
        <source>Attention</source>
        <translation>Aufmerksamkeit</translation>
    </message>
    <message>
        <source>{0} heads, {1} for keys and values</source>
        <translation>{0} Köpfe, {1} für Schlüssel und Werte</translation>
    </message>
    <message>
        <source>Experts</source>
        <translation>Experten</translation>
    </message>
    <message>
        <source>{0} in each layer, {1} for a token</source>
        <translation>{0} je Schicht, {1} für ein Token</translation>
    </message>
    <message>
        <source>none (dense)</source>
        <translation>keine (dicht)</translation>
    </message>
    <message>
        <source>Weights of experts</source>
        <translation>Gewichte der Experten</translation>
    </message>
    <message>
        <source>Trained context</source>
        <translation>Trainierter Kontext</translation>
    </message>
    <message>
        <source>{0} tokens</source>
        <translation>{0} Token</translation>
    </message>
    <message>
        <source>Window</source>
        <translation>Fenster</translation>
    </message>
    <message>
        <source>Vocabulary</source>
        <translation>Vokabular</translation>
    </message>
    <message>
        <source>Tokenizer</source>
        <translation>Tokenizer</translation>
    </message>
    <message>
        <source>Files</source>
        <translation>Dateien</translation>
    </message>
</context>
<context>
    <name>Inspector</name>
    <message>
        <source>Settings of this chat</source>
        <translation>Einstellungen dieses Chats</translation>
    </message>
    <message>
        <source>Close</source>
        <translation>Schließen</translation>
    </message>
    <message>
        <source>This chat</source>
        <translation>Dieser Chat</translation>
    </message>
    <message>
        <source>Context used</source>
        <translation>Belegter Kontext</translation>
    </message>
    <message>
        <source>Context</source>
        <translation>Kontext</translation>
    </message>
    <message>
        <source>Model</source>
        <translation>Modell</translation>
    </message>
    <message>
        <source>Length</source>
        <translation>Länge</translation>
    </message>
    <message>
        <source>Used by this chat</source>
        <translation>Von diesem Chat belegt</translation>
    </message>
    <message>
        <source>none loaded</source>
        <translation>keins geladen</translation>
    </message>
    <message>
        <source>{0} tokens</source>
        <translation>{0} Token</translation>
    </message>
    <message>
        <source>Presets</source>
        <translation>Vorlagen</translation>
    </message>
    <message>
        <source>Name of the preset</source>
        <translation>Name der Vorlage</translation>
    </message>
    <message>
        <source>Of these by files</source>
        <translation>Davon durch Dateien</translation>
    </message>
    <message>
        <source>Free</source>
        <translation>Frei</translation>
    </message>
    <message>
        <source>Save these settings as a preset</source>
        <translation>Diese Einstellungen als Vorlage speichern</translation>
    </message>
    <message>
        <source>As in all chats</source>
        <translation>Wie in allen Chats</translation>
    </message>
    <message>
        <source>Copy a preset</source>
        <translation>Eine Vorlage kopieren</translation>
    </message>
    <message>
        <source>Paste a preset</source>
        <translation>Eine Vorlage einfügen</translation>
    </message>
    <message>
        <source>Delete a preset</source>
        <translation>Eine Vorlage löschen</translation>
    </message>
    <message>
        <source>Preset “{0}” saved.</source>
        <translation>Vorlage „{0}“ gespeichert.</translation>
    </message>
    <message>
        <source>Preset “{0}” is on the clipboard.</source>
        <translation>Vorlage „{0}“ liegt in der Zwischenablage.</translation>
    </message>
    <message>
        <source>Preset “{0}” deleted.</source>
        <translation>Vorlage „{0}“ gelöscht.</translation>
    </message>
    <message>
        <source>Words: {0} tokens</source>
        <translation>Text: {0} Token</translation>
    </message>
    <message>
        <source>Files: {0} tokens</source>
        <translation>Dateien: {0} Token</translation>
    </message>
</context>
<context>
    <name>JumpButton</name>
    <message>
        <source>Jump to the latest message</source>
        <translation>Zur neuesten Nachricht springen</translation>
    </message>
</context>
<context>
    <name>Kept</name>
    <message>
        <source>This system has no keyring: what is secret is kept in a file that only your user may read.</source>
        <translation>Dieses System hat keinen Schlüsselbund: Geheimes liegt in einer Datei, die nur Ihr Benutzer lesen darf.</translation>
    </message>
    <message>
        <source>The system&apos;s keyring is locked: what is secret is kept until Thimble closes. Unlock the keyring and save it once more to keep it for good.</source>
        <translation>Der Schlüsselbund des Systems ist gesperrt: Geheimes bleibt nur, bis Thimble geschlossen wird. Entsperren Sie den Schlüsselbund und speichern Sie es noch einmal, um es auf Dauer zu behalten.</translation>
    </message>
</context>
<context>
    <name>KeptSection</name>
    <message>
        <source>Check</source>
        <translation>Prüfen</translation>
    </message>
    <message>
        <source>Edit {0}</source>
        <translation>{0} bearbeiten</translation>
    </message>
    <message>
        <source>Remove {0}</source>
        <translation>{0} entfernen</translation>
    </message>
    <message>
        <source>{0} was removed.</source>
        <translation>{0} wurde entfernt.</translation>
    </message>
    <message>
        <source>One moment…</source>
        <translation>Einen Moment …</translation>
    </message>
</context>
<context>
    <name>LicencesWindow</name>
    <message>
        <source>Licences</source>
        <translation>Lizenzen</translation>
    </message>
    <message>
        <source>Licensed works</source>
        <translation>Lizenzierte Werke</translation>
    </message>
    <message>
        <source>Licence text</source>
        <translation>Lizenztext</translation>
    </message>
</context>
<context>
    <name>LimitSlider</name>
    <message>
        <source>Memory limit of the running model</source>
        <translation>Speicherlimit des laufenden Modells</translation>
    </message>
    <message>
        <source>No limit</source>
        <translation>Kein Limit</translation>
    </message>
    <message>
        <source>Remove the memory limit</source>
        <translation>Speicherlimit entfernen</translation>
    </message>
    <message>
        <source>Limit</source>
        <translation>Limit</translation>
    </message>
    <message>
        <source>{0} found in memory</source>
        <translation>{0} im Speicher gefunden</translation>
    </message>
    <message>
        <source>≈ {0} tok/s</source>
        <translation>≈ {0} Token/s</translation>
    </message>
    <message>
        <source>a prediction needs some tokens</source>
        <translation>eine Vorhersage braucht einige Token</translation>
    </message>
</context>
<context>
    <name>LineChart</name>
    <message>
        <source>Nothing in this time</source>
        <translation>In dieser Zeit war nichts</translation>
    </message>
    <message>
        <source>now</source>
        <translation>jetzt</translation>
    </message>
    <message>
        <source>{0} s ago</source>
        <translation>vor {0} s</translation>
    </message>
    <message>
        <source>{0} min ago</source>
        <translation>vor {0} min</translation>
    </message>
</context>
<context>
    <name>LogWindow</name>
    <message>
        <source>Log</source>
        <translation>Protokoll</translation>
    </message>
    <message>
        <source>Search the log</source>
        <translation>Protokollsuche</translation>
    </message>
    <message>
        <source>Source</source>
        <translation>Quelle</translation>
    </message>
    <message>
        <source>Window and engine</source>
        <translation>Fenster und Engine</translation>
    </message>
    <message>
        <source>Engine</source>
        <translation>Engine</translation>
    </message>
    <message>
        <source>Window</source>
        <translation>Fenster</translation>
    </message>
    <message>
        <source>Level</source>
        <translation>Stufe</translation>
    </message>
    <message>
        <source>Everything</source>
        <translation>Alles</translation>
    </message>
    <message>
        <source>Information</source>
        <translation>Informationen</translation>
    </message>
    <message>
        <source>Warnings</source>
        <translation>Warnungen</translation>
    </message>
    <message>
        <source>Errors</source>
        <translation>Fehler</translation>
    </message>
    <message>
        <source>Follow</source>
        <translation>Mitlaufen</translation>
    </message>
    <message>
        <source>Copy</source>
        <translation>Kopieren</translation>
    </message>
    <message>
        <source>Copies the chosen lines, or all that are shown</source>
        <translation>Kopiert die ausgewählten Zeilen oder alle angezeigten</translation>
    </message>
    <message>
        <source>Open folder</source>
        <translation>Ordner öffnen</translation>
    </message>
    <message>
        <source>Log lines</source>
        <translation>Protokollzeilen</translation>
    </message>
    <message>
        <source>Nothing was written yet.</source>
        <translation>Es wurde noch nichts protokolliert.</translation>
    </message>
    <message>
        <source>No line matches.</source>
        <translation>Keine Zeile stimmt überein.</translation>
    </message>
</context>
<context>
    <name>MainWindow</name>
    <message>
        <source>List</source>
        <translation>Liste</translation>
    </message>
    <message>
        <source>Restart the engine</source>
        <translation>Engine neu starten</translation>
    </message>
</context>
<context>
    <name>MeasureView</name>
    <message>
        <source>Measure here</source>
        <translation>Hier messen</translation>
    </message>
    <message>
        <source>Measure {0} here</source>
        <translation>{0} hier messen</translation>
    </message>
    <message>
        <source>Loads it with its settings, reads a text and writes for some seconds; questions wait meanwhile</source>
        <translation>Lädt es mit seinen Einstellungen, liest einen Text und schreibt einige Sekunden lang; Fragen warten so lange</translation>
    </message>
    <message>
        <source>Stop</source>
        <translation>Anhalten</translation>
    </message>
    <message>
        <source>Stop measuring</source>
        <translation>Messung anhalten</translation>
    </message>
    <message>
        <source>Speed here</source>
        <translation>Tempo hier</translation>
    </message>
    <message>
        <source>Not measured yet.</source>
        <translation>Noch nicht gemessen.</translation>
    </message>
    <message>
        <source>What was measured</source>
        <translation>Was gemessen wurde</translation>
    </message>
    <message>
        <source>when</source>
        <translation>wann</translation>
    </message>
    <message>
        <source>limit</source>
        <translation>Limit</translation>
    </message>
    <message>
        <source>context</source>
        <translation>Kontext</translation>
    </message>
    <message>
        <source>tok/s</source>
        <translation>Token/s</translation>
    </message>
    <message>
        <source>expected</source>
        <translation>erwartet</translation>
    </message>
    <message>
        <source>prompt tok/s</source>
        <translation>Prompt-Token/s</translation>
    </message>
    <message>
        <source>memory</source>
        <translation>Speicher</translation>
    </message>
    <message>
        <source>hits</source>
        <translation>Treffer</translation>
    </message>
    <message>
        <source>{0} tokens read, {1} written; loaded in {2}; engine {3} on {4}</source>
        <translation>{0} Token gelesen, {1} geschrieben; geladen in {2}; Engine {3} auf {4}</translation>
    </message>
    <message>
        <source>Other programs were busy.</source>
        <translation>Andere Programme waren beschäftigt.</translation>
    </message>
    <message>
        <source>{0}, experts {1}</source>
        <translation>{0}, Experten {1}</translation>
    </message>
</context>
<context>
    <name>Measures</name>
    <message>
        <source>Starting…</source>
        <translation>Beginnt …</translation>
    </message>
    <message>
        <source>Stopped; nothing was kept.</source>
        <translation>Angehalten; nichts wurde behalten.</translation>
    </message>
    <message>
        <source>Loading…</source>
        <translation>Lädt …</translation>
    </message>
    <message>
        <source>Reading a text…</source>
        <translation>Liest einen Text …</translation>
    </message>
    <message>
        <source>Writing…</source>
        <translation>Schreibt …</translation>
    </message>
    <message>
        <source>{0} tokens per second, {1} were expected.</source>
        <translation>{0} Token pro Sekunde, erwartet waren {1}.</translation>
    </message>
    <message>
        <source>{0} tokens per second.</source>
        <translation>{0} Token pro Sekunde.</translation>
    </message>
    <message>
        <source>Other programs were busy.</source>
        <translation>Andere Programme waren beschäftigt.</translation>
    </message>
</context>
<context>
    <name>MemoryCard</name>
    <message>
        <source>Memory of the engine</source>
        <translation>Arbeitsspeicher der Engine</translation>
    </message>
    <message>
        <source>Memory</source>
        <translation>Arbeitsspeicher</translation>
    </message>
    <message>
        <source>limit</source>
        <translation>Limit</translation>
    </message>
    <message>
        <source>this computer</source>
        <translation>dieser Computer</translation>
    </message>
    <message>
        <source>{0} of {1} ({2})</source>
        <translation>{0} von {1} ({2})</translation>
    </message>
    <message>
        <source>{0} given back, memory is short</source>
        <translation>{0} zurückgegeben, Speicher ist knapp</translation>
    </message>
    <message>
        <source>weights of every token</source>
        <translation>Gewichte jedes Tokens</translation>
    </message>
    <message>
        <source>files, in the page cache</source>
        <translation>Dateien, im Seitencache</translation>
    </message>
    <message>
        <source>experts</source>
        <translation>Experten</translation>
    </message>
    <message>
        <source>keys and values</source>
        <translation>Schlüssel und Werte</translation>
    </message>
    <message>
        <source>keys and values, window</source>
        <translation>Schlüssel, Werte, Fenster</translation>
    </message>
    <message>
        <source>states of layers</source>
        <translation>Zustände von Schichten</translation>
    </message>
    <message>
        <source>kept for going back</source>
        <translation>zum Zurückgehen aufbewahrt</translation>
    </message>
    <message>
        <source>intermediate results</source>
        <translation>Zwischenergebnisse</translation>
    </message>
    <message>
        <source>program and the rest</source>
        <translation>Programm und Rest</translation>
    </message>
    <message>
        <source>Experts: {0} of {1} in memory, {2} of {3}</source>
        <translation>Experten: {0} von {1} im Speicher, {2} von {3}</translation>
    </message>
    <message>
        <source>Context: {0} of {1} tokens</source>
        <translation>Kontext: {0} von {1} Token</translation>
    </message>
    <message>
        <source>{0} instead of {1} with full attention</source>
        <translation>{0} statt {1} bei voller Aufmerksamkeit</translation>
    </message>
    <message>
        <source>This computer: {0} of {1} available, {2} of files in the page cache</source>
        <translation>Dieser Computer: {0} von {1} frei, {2} Dateien im Seitencache</translation>
    </message>
    <message>
        <source>together</source>
        <translation>zusammen</translation>
    </message>
    <message>
        <source>What</source>
        <translation>Was</translation>
    </message>
</context>
<context>
    <name>Message</name>
    <message>
        <source>Previous version</source>
        <translation>Vorherige Version</translation>
    </message>
    <message>
        <source>Version {0} of {1}</source>
        <translation>Version {0} von {1}</translation>
    </message>
    <message>
        <source>Next version</source>
        <translation>Nächste Version</translation>
    </message>
    <message>
        <source>1 token</source>
        <translation>1 Token</translation>
    </message>
    <message>
        <source>{0} tokens</source>
        <translation>{0} Token</translation>
    </message>
    <message>
        <source>{0} tok/s</source>
        <translation>{0} Token/s</translation>
    </message>
    <message>
        <source>the model had finished</source>
        <translation>das Modell fertig war</translation>
    </message>
    <message>
        <source>a stop text came</source>
        <translation>ein Stopptext kam</translation>
    </message>
    <message>
        <source>the longest length was reached</source>
        <translation>die längste erlaubte Länge erreicht war</translation>
    </message>
    <message>
        <source>the context was full</source>
        <translation>der Kontext voll war</translation>
    </message>
    <message>
        <source>it was stopped</source>
        <translation>sie gestoppt wurde</translation>
    </message>
    <message>
        <source>First token after {0}</source>
        <translation>Erstes Token nach {0}</translation>
    </message>
    <message>
        <source>Read {0} tokens of the conversation, {1} of them already known</source>
        <translation>{0} Token der Unterhaltung gelesen, davon {1} bereits bekannt</translation>
    </message>
    <message>
        <source>Reading: {0} tok/s</source>
        <translation>Lesen: {0} Token/s</translation>
    </message>
    <message>
        <source>Writing: {0} tok/s</source>
        <translation>Schreiben: {0} Token/s</translation>
    </message>
    <message>
        <source>Waited {0} for other requests</source>
        <translation>{0} auf andere Anfragen gewartet</translation>
    </message>
    <message>
        <source>Ended because {0}</source>
        <translation>Die Antwort endete, weil {0}</translation>
    </message>
    <message>
        <source>The oldest message ({1} tokens) was left out and the rest was read again.</source>
        <translation>Die älteste Nachricht ({1} Token) wurde weggelassen und der Rest neu gelesen.</translation>
    </message>
    <message>
        <source>The {0} oldest messages ({1} tokens) were left out and the rest was read again.</source>
        <translation>Die {0} ältesten Nachrichten ({1} Token) wurden weggelassen und der Rest neu gelesen.</translation>
    </message>
    <message>
        <source>The context of {0} tokens has no room for all of this chat.</source>
        <translation>Der Kontext von {0} Token hat keinen Platz für den ganzen Chat.</translation>
    </message>
    <message>
        <source>The answer ends here because the context is full: {0} tokens of the chat and {1} of the answer.</source>
        <translation>Die Antwort endet hier, weil der Kontext voll ist: {0} Token des Chats und {1} der Antwort.</translation>
    </message>
    <message>
        <source>first after {0}</source>
        <translation>erstes nach {0}</translation>
    </message>
    <message>
        <source>experts {0} hit</source>
        <translation>Experten {0} Treffer</translation>
    </message>
    <message>
        <source>{0} read</source>
        <translation>{0} gelesen</translation>
    </message>
    <message>
        <source>Experts: {0} of {1} uses from memory, {2} read from disk</source>
        <translation>Experten: {0} von {1} Zugriffen aus dem Speicher, {2} von der Platte gelesen</translation>
    </message>
    <message>
        <source>Waited {0} for experts from disk</source>
        <translation>{0} auf Experten von der Platte gewartet</translation>
    </message>
</context>
<context>
    <name>MessageActs</name>
    <message>
        <source>Message deleted.</source>
        <translation>Nachricht gelöscht.</translation>
    </message>
    <message>
        <source>Now it is the model&apos;s answer.</source>
        <translation>Jetzt ist es eine Antwort des Modells.</translation>
    </message>
    <message>
        <source>Now it is your message.</source>
        <translation>Jetzt ist es Ihre Nachricht.</translation>
    </message>
</context>
<context>
    <name>MessageView</name>
    <message>
        <source>Copy message</source>
        <translation>Nachricht kopieren</translation>
    </message>
    <message>
        <source>Open link</source>
        <translation>Link öffnen</translation>
    </message>
    <message>
        <source>Copy link</source>
        <translation>Link kopieren</translation>
    </message>
    <message>
        <source>Copy</source>
        <translation>Kopieren</translation>
    </message>
    <message>
        <source>Edit message</source>
        <translation>Nachricht bearbeiten</translation>
    </message>
    <message>
        <source>New chat from here</source>
        <translation>Neuer Chat ab hier</translation>
    </message>
    <message>
        <source>Delete message</source>
        <translation>Nachricht löschen</translation>
    </message>
    <message>
        <source>Turn into an answer of the model</source>
        <translation>In eine Antwort des Modells verwandeln</translation>
    </message>
    <message>
        <source>Turn into your message</source>
        <translation>In Ihre Nachricht verwandeln</translation>
    </message>
</context>
<context>
    <name>ModelCard</name>
    <message>
        <source>Load</source>
        <translation>Laden</translation>
    </message>
    <message>
        <source>Load {0}</source>
        <translation>{0} laden</translation>
    </message>
    <message>
        <source>Unload</source>
        <translation>Entladen</translation>
    </message>
    <message>
        <source>Unload {0}</source>
        <translation>{0} entladen</translation>
    </message>
    <message>
        <source>Chat</source>
        <translation>Chatten</translation>
    </message>
    <message>
        <source>Chat with {0}</source>
        <translation>Mit {0} chatten</translation>
    </message>
    <message>
        <source>Details of {0}</source>
        <translation>Einzelheiten zu {0}</translation>
    </message>
    <message>
        <source>Delete</source>
        <translation>Löschen</translation>
    </message>
    <message>
        <source>Delete {0}</source>
        <translation>{0} löschen</translation>
    </message>
    <message>
        <source>link</source>
        <translation>Verweis</translation>
    </message>
    <message>
        <source>The file stays where it is: {0}</source>
        <translation>Die Datei bleibt, wo sie ist: {0}</translation>
    </message>
    <message>
        <source>estimated {0}, used {1}</source>
        <translation>geschätzt {0}, benutzt {1}</translation>
    </message>
    <message>
        <source>Load progress</source>
        <translation>Ladefortschritt</translation>
    </message>
    <message>
        <source>{0} of {1} experts per token</source>
        <translation>{0} von {1} Experten pro Token</translation>
    </message>
    <message>
        <source>loaded</source>
        <translation>geladen</translation>
    </message>
    <message>
        <source>loading {0}</source>
        <translation>wird geladen, {0}</translation>
    </message>
    <message>
        <source>embeddings only</source>
        <translation>nur für Embeddings</translation>
    </message>
    <message>
        <source>Knows Thimble and tells short stories, in English. Some of its experts stay on disk, so that the Performance page has something to show.</source>
        <translation>Kennt Thimble und erzählt kurze Geschichten, auf Englisch. Ein Teil seiner Experten bleibt auf der Platte, damit die Seite „Leistung“ etwas zu zeigen hat.</translation>
    </message>
</context>
<context>
    <name>ModelDetails</name>
    <message>
        <source>Details of {0}</source>
        <translation>Einzelheiten zu {0}</translation>
    </message>
    <message>
        <source>Verify</source>
        <translation>Prüfen</translation>
    </message>
    <message>
        <source>Reads the whole file and compares its hash with the hub&apos;s</source>
        <translation>Liest die ganze Datei und vergleicht ihre Prüfsumme mit der des Hubs</translation>
    </message>
    <message>
        <source>Check for update</source>
        <translation>Nach neuerer suchen</translation>
    </message>
    <message>
        <source>Open its page</source>
        <translation>Seite öffnen</translation>
    </message>
    <message>
        <source>Open folder</source>
        <translation>Ordner öffnen</translation>
    </message>
    <message>
        <source>Remove link</source>
        <translation>Verweis entfernen</translation>
    </message>
    <message>
        <source>Delete</source>
        <translation>Löschen</translation>
    </message>
    <message>
        <source>Settings for this model alone</source>
        <translation>Einstellungen nur für dieses Modell</translation>
    </message>
    <message>
        <source>File</source>
        <translation>Datei</translation>
    </message>
    <message>
        <source>From</source>
        <translation>Von</translation>
    </message>
    <message>
        <source>Name for programs</source>
        <translation>Name für Programme</translation>
    </message>
    <message>
        <source>Licence</source>
        <translation>Lizenz</translation>
    </message>
    <message>
        <source>Context</source>
        <translation>Kontext</translation>
    </message>
    <message>
        <source>{0} tokens</source>
        <translation>{0} Token</translation>
    </message>
    <message>
        <source>{0} layers</source>
        <translation>{0} Schichten</translation>
    </message>
    <message>
        <source>, {0} experts in each, {1} for a token</source>
        <translation>, {0} Experten in jeder, {1} für ein Token</translation>
    </message>
    <message>
        <source>Inside</source>
        <translation>Aufbau</translation>
    </message>
    <message>
        <source>Chat template</source>
        <translation>Chat-Vorlage</translation>
    </message>
    <message>
        <source>Last used</source>
        <translation>Zuletzt benutzt</translation>
    </message>
    <message>
        <source>Reading the file…</source>
        <translation>Lese die Datei …</translation>
    </message>
    <message>
        <source>The file is as it was on the hub.</source>
        <translation>Die Datei ist so, wie sie im Hub war.</translation>
    </message>
    <message>
        <source>The file is damaged: its hash is another one. Delete it and download it again.</source>
        <translation>Die Datei ist beschädigt: Ihre Prüfsumme ist eine andere. Löschen Sie sie und laden Sie sie neu herunter.</translation>
    </message>
    <message>
        <source>Reading the file: {0}</source>
        <translation>Lese die Datei: {0}</translation>
    </message>
    <message>
        <source>Asking the hub…</source>
        <translation>Frage den Hub …</translation>
    </message>
    <message>
        <source>The hub has this file no longer.</source>
        <translation>Der Hub hat diese Datei nicht mehr.</translation>
    </message>
    <message>
        <source>This is the newest file.</source>
        <translation>Das ist die neueste Datei.</translation>
    </message>
    <message>
        <source>The hub has a newer file. Search for {0} to get it.</source>
        <translation>Der Hub hat eine neuere Datei. Suchen Sie nach {0}, um sie zu bekommen.</translation>
    </message>
    <message>
        <source>Inside the file</source>
        <translation>In der Datei</translation>
    </message>
    <message>
        <source>{0}: {1} of the models on this disk, {2} of the disk</source>
        <translation>{0}: {1} der Modelle auf diesem Datenträger, {2} des Datenträgers</translation>
    </message>
    <message>
        <source>Size</source>
        <translation>Größe</translation>
    </message>
    <message>
        <source>Name</source>
        <translation>Name</translation>
    </message>
    <message>
        <source>Name of {0}</source>
        <translation>Name von {0}</translation>
    </message>
    <message>
        <source>What this model is called here; its file keeps its name. Empty: as its header says</source>
        <translation>Wie das Modell hier heißt; die Datei behält ihren Namen. Leer: wie im Kopf der Datei</translation>
    </message>
    <message>
        <source>{0} is now called {1}.</source>
        <translation>{0} heißt jetzt {1}.</translation>
    </message>
    <message>
        <source>{0}: {1} of the models on this disk</source>
        <translation>{0}: {1} der Modelle auf diesem Datenträger</translation>
    </message>
</context>
<context>
    <name>ModelPicker</name>
    <message>
        <source>Loading {0}… {1} %</source>
        <translation>{0} wird geladen&#xa0;… {1} %</translation>
    </message>
    <message>
        <source>Choose a model</source>
        <translation>Modell auswählen</translation>
    </message>
    <message>
        <source>Model: {0}</source>
        <translation>Modell: {0}</translation>
    </message>
    <message>
        <source>Which model answers</source>
        <translation>Welches Modell antwortet</translation>
    </message>
    <message>
        <source>Models</source>
        <translation>Modelle</translation>
    </message>
    <message>
        <source>Add a GGUF file…</source>
        <translation>GGUF-Datei hinzufügen&#xa0;…</translation>
    </message>
    <message>
        <source>Manage models</source>
        <translation>Modelle verwalten</translation>
    </message>
    <message>
        <source>Answers come from {0} ({1})</source>
        <translation>Antworten kommen von {0} ({1})</translation>
    </message>
    <message>
        <source>Models of {0}</source>
        <translation>Modelle von {0}</translation>
    </message>
    <message>
        <source>No models known; ask it on the Connections page</source>
        <translation>Keine Modelle bekannt; auf der Seite „Verbindungen“ prüfen</translation>
    </message>
    <message>
        <source>{0}   for embeddings only</source>
        <translation>{0}   nur für Embeddings</translation>
    </message>
    <message>
        <source>It turns texts into numbers for other programs; it cannot write.</source>
        <translation>Es macht aus Texten Zahlen für andere Programme; schreiben kann es nicht.</translation>
    </message>
</context>
<context>
    <name>ModelTasks</name>
    <message>
        <source>Add a GGUF file</source>
        <translation>GGUF-Datei hinzufügen</translation>
    </message>
    <message>
        <source>GGUF models (*.gguf)</source>
        <translation>GGUF-Modelle (*.gguf)</translation>
    </message>
</context>
<context>
    <name>ModelWait</name>
    <message>
        <source>Waiting for {0}… {1} %</source>
        <translation>Warten auf {0}&#xa0;… {1} %</translation>
    </message>
    <message>
        <source>Looking for a model…</source>
        <translation>Modell wird gesucht&#xa0;…</translation>
    </message>
    <message>
        <source>No model is loaded.</source>
        <translation>Es ist kein Modell geladen.</translation>
    </message>
    <message>
        <source>No model is installed.</source>
        <translation>Es ist kein Modell installiert.</translation>
    </message>
    <message>
        <source>Choose one, then try again.</source>
        <translation>Ein Modell auswählen und erneut versuchen.</translation>
    </message>
</context>
<context>
    <name>ModelsPage</name>
    <message>
        <source>Models</source>
        <translation>Modelle</translation>
    </message>
    <message>
        <source>Drop the file to use it; it stays where it is</source>
        <translation>Datei loslassen, um sie zu benutzen; sie bleibt, wo sie ist</translation>
    </message>
    <message>
        <source>No installed model matches.</source>
        <translation>Kein installiertes Modell passt.</translation>
    </message>
    <message>
        <source>Find a model</source>
        <translation>Modell suchen</translation>
    </message>
    <message>
        <source>Add a GGUF file…</source>
        <translation>GGUF-Datei hinzufügen&#xa0;…</translation>
    </message>
    <message>
        <source>A model file that is on this computer; most end in .gguf</source>
        <translation>Eine Modelldatei auf diesem Computer; die meisten enden auf .gguf</translation>
    </message>
    <message>
        <source>Use it where it is</source>
        <translation>Benutzen, wo sie ist</translation>
    </message>
    <message>
        <source>Copy it into the models folder</source>
        <translation>In den Modellordner kopieren</translation>
    </message>
    <message>
        <source>Open the models folder</source>
        <translation>Modellordner öffnen</translation>
    </message>
    <message>
        <source>Fits</source>
        <translation>Passt</translation>
    </message>
    <message>
        <source>Only models that run here</source>
        <translation>Nur Modelle, die hier laufen</translation>
    </message>
    <message>
        <source>Only models with experts</source>
        <translation>Nur Modelle mit Experten</translation>
    </message>
    <message>
        <source>Experts</source>
        <translation>Experten</translation>
    </message>
    <message>
        <source>Installed</source>
        <translation>Installiert</translation>
    </message>
    <message>
        <source>Only installed models</source>
        <translation>Nur installierte Modelle</translation>
    </message>
    <message>
        <source>Adding {0}</source>
        <translation>{0} wird hinzugefügt</translation>
    </message>
    <message>
        <source>{0} was added.</source>
        <translation>{0} wurde hinzugefügt.</translation>
    </message>
    <message>
        <source>Getting the starter model</source>
        <translation>Startmodell wird heruntergeladen</translation>
    </message>
    <message>
        <source>The starter model is ready.</source>
        <translation>Das Startmodell ist bereit.</translation>
    </message>
    <message>
        <source>Starter model</source>
        <translation>Startmodell</translation>
    </message>
    <message>
        <source>Get</source>
        <translation>Herunterladen</translation>
    </message>
    <message>
        <source>Get the starter model</source>
        <translation>Startmodell herunterladen</translation>
    </message>
    <message>
        <source>SmolLM2 135M Instruct</source>
        <translation>SmolLM2 135M Instruct</translation>
    </message>
    <message>
        <source>The starter model: small and quick, for a first try. 94 MiB, no account needed.</source>
        <translation>Das Startmodell: klein und schnell, zum Ausprobieren. 94 MiB, ohne Konto.</translation>
    </message>
    <message>
        <source>Thimble guide</source>
        <translation>Thimble guide</translation>
    </message>
    <message>
        <source>Tiny, and here already: it knows Thimble, speaks English, and shows on the Performance page how experts come from disk.</source>
        <translation>Winzig und schon da: Er kennt Thimble, spricht Englisch und zeigt auf der Seite „Leistung“, wie Experten von der Platte kommen.</translation>
    </message>
    <message>
        <source>Add</source>
        <translation>Hinzufügen</translation>
    </message>
    <message>
        <source>Add the Thimble guide</source>
        <translation>„Thimble guide“ hinzufügen</translation>
    </message>
    <message>
        <source>No model is installed yet. Get the starter model or one of those below, or drop a model file (GGUF) here.</source>
        <translation>Noch ist kein Modell installiert. Holen Sie das Startmodell oder eines von unten, oder ziehen Sie eine Modelldatei (GGUF) hierher.</translation>
    </message>
    <message>
        <source>Looking at your models and how fast this computer is…</source>
        <translation>Modelle und Geschwindigkeit dieses Computers werden ermittelt …</translation>
    </message>
    <message>
        <source>The Thimble guide is ready.</source>
        <translation>„Thimble guide“ ist bereit.</translation>
    </message>
    <message>
        <source>This Thimble came with another one than that above.</source>
        <translation>Diesem Thimble liegt ein anderer bei als der obige.</translation>
    </message>
    <message>
        <source>Replace</source>
        <translation>Ersetzen</translation>
    </message>
    <message>
        <source>Replace the Thimble guide</source>
        <translation>„Thimble guide“ ersetzen</translation>
    </message>
</context>
<context>
    <name>Navigation</name>
    <message>
        <source>Show log</source>
        <translation>Protokoll anzeigen</translation>
    </message>
</context>
<context>
    <name>NextModel</name>
    <message>
        <source>Open the setting</source>
        <translation>Einstellung öffnen</translation>
    </message>
    <message>
        <source>Download</source>
        <translation>Herunterladen</translation>
    </message>
    <message>
        <source>Download {0}</source>
        <translation>{0} herunterladen</translation>
    </message>
    <message>
        <source>Asking the hub…</source>
        <translation>Frage den Hub …</translation>
    </message>
    <message>
        <source>This repository has no model file that Thimble can use.</source>
        <translation>Hier ist keine Modelldatei, die Thimble benutzen kann.</translation>
    </message>
</context>
<context>
    <name>Notices</name>
    <message>
        <source>Restarting the engine…</source>
        <translation>Engine wird neu gestartet&#xa0;…</translation>
    </message>
    <message>
        <source>Try again</source>
        <translation>Erneut versuchen</translation>
    </message>
</context>
<context>
    <name>NowView</name>
    <message>
        <source>Now</source>
        <translation>Jetzt</translation>
    </message>
    <message>
        <source>tok/s</source>
        <translation>Token/s</translation>
    </message>
    <message>
        <source>Writing</source>
        <translation>Schreiben</translation>
    </message>
    <message>
        <source>Reading</source>
        <translation>Lesen</translation>
    </message>
    <message>
        <source>Experts found in memory</source>
        <translation>Experten im Speicher</translation>
    </message>
    <message>
        <source>Disk per token</source>
        <translation>Gelesen pro Token</translation>
    </message>
    <message>
        <source>MiB</source>
        <translation>MiB</translation>
    </message>
    <message>
        <source>Memory</source>
        <translation>Arbeitsspeicher</translation>
    </message>
    <message>
        <source>Of what this computer could do</source>
        <translation>Vom Möglichen erreicht</translation>
    </message>
    <message>
        <source>peak {0}</source>
        <translation>Höchstwert {0}</translation>
    </message>
    <message>
        <source>no news from the engine</source>
        <translation>keine Nachricht von der Engine</translation>
    </message>
    <message>
        <source>now</source>
        <translation>jetzt</translation>
    </message>
    <message>
        <source>last answer</source>
        <translation>letzte Antwort</translation>
    </message>
    <message>
        <source>ideal {0}</source>
        <translation>ideal {0}</translation>
    </message>
    <message>
        <source>not measured yet: see System</source>
        <translation>noch nicht gemessen: siehe System</translation>
    </message>
    <message>
        <source>the disk&apos;s speed is not known</source>
        <translation>Geschwindigkeit der Platte unbekannt</translation>
    </message>
    <message>
        <source>the disk</source>
        <translation>Laufwerk</translation>
    </message>
    <message>
        <source>memory</source>
        <translation>Speicher</translation>
    </message>
    <message>
        <source>{0} tok/s, limited by {1}</source>
        <translation>{0} Token/s, Grenze: {1}</translation>
    </message>
</context>
<context>
    <name>OverrideRow</name>
    <message>
        <source>Instructions the model reads before this chat; empty for none.</source>
        <translation>Anweisungen, die das Modell vor diesem Chat liest; leer für keine.</translation>
    </message>
    <message>
        <source>Reset</source>
        <translation>Zurücksetzen</translation>
    </message>
    <message>
        <source>Reset: {0}</source>
        <translation>Zurücksetzen: {0}</translation>
    </message>
    <message>
        <source>As in all chats</source>
        <translation>Wie in allen Chats</translation>
    </message>
</context>
<context>
    <name>Pages</name>
    <message>
        <source>Chat</source>
        <translation>Chat</translation>
    </message>
    <message>
        <source>Models</source>
        <translation>Modelle</translation>
    </message>
    <message>
        <source>Performance</source>
        <translation>Leistung</translation>
    </message>
    <message>
        <source>Settings</source>
        <translation>Einstellungen</translation>
    </message>
    <message>
        <source>Connections</source>
        <translation>Verbindungen</translation>
    </message>
    <message>
        <source>Programs</source>
        <translation>Programme</translation>
    </message>
</context>
<context>
    <name>Passages</name>
    <message>
        <source>No passages</source>
        <translation>Keine Textstellen</translation>
    </message>
    <message>
        <source>and {0} more</source>
        <translation>und {0} weitere</translation>
    </message>
    <message>
        <source>1 passage from {0}</source>
        <translation>1 Textstelle aus {0}</translation>
    </message>
    <message>
        <source>{0} passages from {1}</source>
        <translation>{0} Textstellen aus {1}</translation>
    </message>
    <message>
        <source>page {0}</source>
        <translation>Seite {0}</translation>
    </message>
    <message>
        <source>pages {0}</source>
        <translation>Seiten {0}</translation>
    </message>
    <message>
        <source>{0} tokens</source>
        <translation>{0} Token</translation>
    </message>
    <message>
        <source>No word of the question occurs in the files; the model got their beginnings.</source>
        <translation>Kein Wort der Frage kommt in den Dateien vor; das Modell hat ihre Anfänge bekommen.</translation>
    </message>
    <message>
        <source>There was no room for passages in the model&apos;s context.</source>
        <translation>Im Kontext des Modells war kein Platz für Textstellen.</translation>
    </message>
    <message>
        <source>Not all files were indexed yet.</source>
        <translation>Noch nicht alle Dateien waren eingelesen.</translation>
    </message>
    <message>
        <source>The folder “{0}” is not there; what was read of it before was searched.</source>
        <translation>Der Ordner „{0}“ ist nicht da; durchsucht wurde, was vorher aus ihm gelesen wurde.</translation>
    </message>
    <message>
        <source>The files were not searched. {0}</source>
        <translation>Die Dateien wurden nicht durchsucht. {0}</translation>
    </message>
</context>
<context>
    <name>PassagesView</name>
    <message>
        <source>Shows what the model read of the files for this question</source>
        <translation>Zeigt, was das Modell für diese Frage aus den Dateien gelesen hat</translation>
    </message>
</context>
<context>
    <name>PerformancePage</name>
    <message>
        <source>Performance</source>
        <translation>Leistung</translation>
    </message>
    <message>
        <source>The chat that is open is answered by {0} (remote); these figures are of this computer.</source>
        <translation>Der offene Chat wird von {0} beantwortet (entfernt); diese Werte betreffen diesen Computer.</translation>
    </message>
</context>
<context>
    <name>PictureChip</name>
    <message>
        <source>Take away {0}</source>
        <translation>{0} entfernen</translation>
    </message>
    <message>
        <source>picture</source>
        <translation>Bild</translation>
    </message>
    <message>
        <source>{0} tokens</source>
        <translation>{0} Token</translation>
    </message>
</context>
<context>
    <name>Places</name>
    <message>
        <source>Page</source>
        <translation>Seite</translation>
    </message>
    <message>
        <source>New chat</source>
        <translation>Neuer Chat</translation>
    </message>
    <message>
        <source>Action</source>
        <translation>Aktion</translation>
    </message>
    <message>
        <source>Show the log</source>
        <translation>Protokoll anzeigen</translation>
    </message>
    <message>
        <source>Shortcuts</source>
        <translation>Kurzbefehle</translation>
    </message>
    <message>
        <source>Show or hide the list</source>
        <translation>Liste ein- oder ausblenden</translation>
    </message>
    <message>
        <source>Unload the model</source>
        <translation>Modell entladen</translation>
    </message>
    <message>
        <source>Conversation</source>
        <translation>Unterhaltung</translation>
    </message>
    <message>
        <source>Setting</source>
        <translation>Einstellung</translation>
    </message>
    <message>
        <source>Load {0}</source>
        <translation>{0} laden</translation>
    </message>
    <message>
        <source>Model</source>
        <translation>Modell</translation>
    </message>
    <message>
        <source>New temporary chat</source>
        <translation>Neuer vorübergehender Chat</translation>
    </message>
    <message>
        <source>Two chats side by side, or one</source>
        <translation>Zwei Chats nebeneinander oder einer</translation>
    </message>
</context>
<context>
    <name>PolicyCard</name>
    <message>
        <source>Which experts stay</source>
        <translation>Welche Experten bleiben</translation>
    </message>
    <message>
        <source>Thimble&apos;s</source>
        <translation>Thimbles</translation>
    </message>
    <message>
        <source>LRU</source>
        <translation>LRU</translation>
    </message>
    <message>
        <source>LFU</source>
        <translation>LFU</translation>
    </message>
    <message>
        <source>none</source>
        <translation>keine</translation>
    </message>
    <message>
        <source>ideal</source>
        <translation>ideal</translation>
    </message>
    <message>
        <source>last {0} tokens, replayed</source>
        <translation>letzte {0} Token, nachgespielt</translation>
    </message>
    <message>
        <source>Found in memory with the memory of the moment. Ideal knows the future: nothing can be better.</source>
        <translation>Im Speicher gefunden, mit dem Speicher von jetzt. „Ideal“ kennt die Zukunft: Besser geht es nicht.</translation>
    </message>
    <message>
        <source>Needs some tokens: it replays what the last answers used.</source>
        <translation>Braucht einige Token: Nachgespielt wird, was die letzten Antworten brauchten.</translation>
    </message>
    <message>
        <source>Policy</source>
        <translation>Verfahren</translation>
    </message>
    <message>
        <source>Found in memory</source>
        <translation>Im Speicher gefunden</translation>
    </message>
</context>
<context>
    <name>Problems</name>
    <message>
        <source>The answer ended early; what had come so far is kept.</source>
        <translation>Die Antwort brach ab; das bisher Geschriebene bleibt erhalten.</translation>
    </message>
    <message>
        <source>The disk is full.</source>
        <translation>Das Speichermedium ist voll.</translation>
    </message>
    <message>
        <source>Free some space and try again.</source>
        <translation>Speicherplatz freigeben und erneut versuchen.</translation>
    </message>
    <message>
        <source>A file or folder could not be used.</source>
        <translation>Auf eine Datei oder einen Ordner konnte nicht zugegriffen werden.</translation>
    </message>
    <message>
        <source>Check that it is there and that you may use it.</source>
        <translation>Prüfen, ob sie vorhanden sind und die Zugriffsrechte reichen.</translation>
    </message>
    <message>
        <source>Something in Thimble went wrong; nothing was lost.</source>
        <translation>In Thimble ist etwas schiefgegangen; nichts ging verloren.</translation>
    </message>
    <message>
        <source>The log says more.</source>
        <translation>Mehr dazu steht im Protokoll.</translation>
    </message>
</context>
<context>
    <name>ProgramsPage</name>
    <message>
        <source>Programs</source>
        <translation>Programme</translation>
    </message>
    <message>
        <source>Editors, scripts and other programs can use your models, in the protocols of OpenAI and Anthropic.</source>
        <translation>Editoren, Skripte und andere Programme können Ihre Modelle nutzen, in den Protokollen von OpenAI und Anthropic.</translation>
    </message>
    <message>
        <source>Copy the address</source>
        <translation>Adresse kopieren</translation>
    </message>
    <message>
        <source>Show the key</source>
        <translation>Schlüssel zeigen</translation>
    </message>
    <message>
        <source>Copy the key</source>
        <translation>Schlüssel kopieren</translation>
    </message>
    <message>
        <source>New key</source>
        <translation>Neuer Schlüssel</translation>
    </message>
    <message>
        <source>Make a new key</source>
        <translation>Einen neuen Schlüssel erzeugen</translation>
    </message>
    <message>
        <source>Programs with the old key are not answered any more.</source>
        <translation>Programme mit dem alten Schlüssel bekommen keine Antwort mehr.</translation>
    </message>
    <message>
        <source>Access</source>
        <translation>Zugang</translation>
    </message>
    <message>
        <source>Address</source>
        <translation>Adresse</translation>
    </message>
    <message>
        <source>Key</source>
        <translation>Schlüssel</translation>
    </message>
    <message>
        <source>One moment…</source>
        <translation>Einen Moment …</translation>
    </message>
    <message>
        <source>On, for the whole network: {0}. Nothing is encrypted on the way.</source>
        <translation>An, für das ganze Netzwerk: {0}. Unterwegs ist nichts verschlüsselt.</translation>
    </message>
    <message>
        <source>On, for the whole network, but this computer is in none.</source>
        <translation>An, für das ganze Netzwerk, aber dieser Computer ist in keinem.</translation>
    </message>
    <message>
        <source>On, for programs on this computer.</source>
        <translation>An, für Programme auf diesem Computer.</translation>
    </message>
    <message>
        <source>Copied.</source>
        <translation>Kopiert.</translation>
    </message>
    <message>
        <source>Waits for the engine.</source>
        <translation>Wartet auf die Engine.</translation>
    </message>
</context>
<context>
    <name>Rail</name>
    <message>
        <source>Pages</source>
        <translation>Seiten</translation>
    </message>
</context>
<context>
    <name>Remedies</name>
    <message>
        <source>Show log</source>
        <translation>Protokoll anzeigen</translation>
    </message>
    <message>
        <source>Try again</source>
        <translation>Erneut versuchen</translation>
    </message>
    <message>
        <source>Restart engine</source>
        <translation>Engine neu starten</translation>
    </message>
    <message>
        <source>Continue</source>
        <translation>Fortsetzen</translation>
    </message>
    <message>
        <source>Choose a model</source>
        <translation>Modell auswählen</translation>
    </message>
    <message>
        <source>Without tools</source>
        <translation>Ohne Werkzeuge</translation>
    </message>
    <message>
        <source>Longer context</source>
        <translation>Längerer Kontext</translation>
    </message>
    <message>
        <source>Search in the files</source>
        <translation>In den Dateien suchen</translation>
    </message>
    <message>
        <source>Connections</source>
        <translation>Verbindungen</translation>
    </message>
    <message>
        <source>Settings</source>
        <translation>Einstellungen</translation>
    </message>
</context>
<context>
    <name>RemoteCard</name>
    <message>
        <source>asks for an account</source>
        <translation>verlangt ein Konto</translation>
    </message>
    <message>
        <source>Download</source>
        <translation>Herunterladen</translation>
    </message>
    <message>
        <source>Download {0}</source>
        <translation>{0} herunterladen</translation>
    </message>
    <message>
        <source>Sizes of {0}</source>
        <translation>Größen von {0}</translation>
    </message>
    <message>
        <source>Asking the hub…</source>
        <translation>Frage den Hub …</translation>
    </message>
    <message>
        <source>This repository has no model file that Thimble can use.</source>
        <translation>Hier ist keine Modelldatei, die Thimble benutzen kann.</translation>
    </message>
    <message>
        <source>installed</source>
        <translation>installiert</translation>
    </message>
    <message>
        <source>downloading</source>
        <translation>wird geladen</translation>
    </message>
</context>
<context>
    <name>RemoteSection</name>
    <message>
        <source>Models on other machines</source>
        <translation>Modelle auf anderen Rechnern</translation>
    </message>
    <message>
        <source>Any server that speaks OpenAI&apos;s protocol: vLLM, SGLang, llama-server, Ollama, a company&apos;s gateway, or Thimble on another computer. A chat that uses one leaves this computer, and says so.</source>
        <translation>Jeder Server, der OpenAIs Protokoll spricht: vLLM, SGLang, llama-server, Ollama, ein Firmen-Gateway oder Thimble auf einem anderen Computer. Ein Chat, der einen nutzt, verlässt diesen Computer und sagt das auch.</translation>
    </message>
    <message>
        <source>Add a connection…</source>
        <translation>Verbindung hinzufügen …</translation>
    </message>
    <message>
        <source>1 model</source>
        <translation>1 Modell</translation>
    </message>
    <message>
        <source>{0} models</source>
        <translation>{0} Modelle</translation>
    </message>
    <message>
        <source>Answers after {0}: {1}.</source>
        <translation>Antwortet nach {0}: {1}.</translation>
    </message>
    <message>
        <source>Not encrypted: others in this network can read what is sent.</source>
        <translation>Nicht verschlüsselt: Andere in diesem Netz können mitlesen.</translation>
    </message>
    <message>
        <source>Check {0}</source>
        <translation>{0} prüfen</translation>
    </message>
</context>
<context>
    <name>Removals</name>
    <message>
        <source>{0} was deleted; {1} will be free.</source>
        <translation>{0} wurde gelöscht; {1} werden frei.</translation>
    </message>
    <message>
        <source>{0} was removed; its file stays where it is.</source>
        <translation>{0} wurde entfernt; die Datei bleibt, wo sie ist.</translation>
    </message>
    <message>
        <source>The model is gone for good; it can be downloaded again.</source>
        <translation>Das Modell ist endgültig weg; es kann neu heruntergeladen werden.</translation>
    </message>
</context>
<context>
    <name>RequestsCard</name>
    <message>
        <source>Requests</source>
        <translation>Anfragen</translation>
    </message>
    <message>
        <source>Nothing was asked yet. Texts are not recorded, only what you see here.</source>
        <translation>Noch wurde nichts gefragt. Texte werden nicht aufgezeichnet, nur was Sie hier sehen.</translation>
    </message>
    <message>
        <source>Program</source>
        <translation>Programm</translation>
    </message>
    <message>
        <source>Asked for</source>
        <translation>Gefragt</translation>
    </message>
    <message>
        <source>Model</source>
        <translation>Modell</translation>
    </message>
    <message>
        <source>Tokens</source>
        <translation>Tokens</translation>
    </message>
    <message>
        <source>Time</source>
        <translation>Zeit</translation>
    </message>
    <message>
        <source>this window</source>
        <translation>dieses Fenster</translation>
    </message>
    <message>
        <source>waits, {0} before it</source>
        <translation>wartet, {0} davor</translation>
    </message>
    <message>
        <source>reads {0}</source>
        <translation>liest {0}</translation>
    </message>
    <message>
        <source>hung up</source>
        <translation>aufgelegt</translation>
    </message>
</context>
<context>
    <name>ServerForm</name>
    <message>
        <source>Save and start</source>
        <translation>Speichern und starten</translation>
    </message>
    <message>
        <source>Tool server</source>
        <translation>Werkzeugserver</translation>
    </message>
    <message>
        <source>Command or address</source>
        <translation>Befehl oder Adresse</translation>
    </message>
    <message>
        <source>A command is run on this computer with your rights. Enter only what you trust.</source>
        <translation>Ein Befehl läuft auf diesem Computer mit Ihren Rechten. Geben Sie nur ein, wem Sie vertrauen.</translation>
    </message>
    <message>
        <source>Another command is another server: chats switch its tools on anew, and it has no environment.</source>
        <translation>Ein anderer Befehl ist ein anderer Server: Seine Werkzeuge werden in jedem Chat neu eingeschaltet, und er hat noch keine Umgebung.</translation>
    </message>
    <message>
        <source>Name</source>
        <translation>Name</translation>
    </message>
    <message>
        <source>Files</source>
        <translation>Dateien</translation>
    </message>
    <message>
        <source>Leave this empty to keep what there is; write - to forget it.</source>
        <translation>Leer lassen, um das Vorhandene zu behalten; - löscht es.</translation>
    </message>
    <message>
        <source>Environment</source>
        <translation>Umgebung</translation>
    </message>
    <message>
        <source>One NAME=value on each line; kept in the system&apos;s keyring.</source>
        <translation>Je Zeile ein NAME=Wert; liegt im Schlüsselbund des Systems.</translation>
    </message>
</context>
<context>
    <name>Session</name>
    <message>
        <source>{0} is ready.</source>
        <translation>{0} ist fertig.</translation>
    </message>
    <message>
        <source>Chat</source>
        <translation>Chatten</translation>
    </message>
    <message>
        <source>Something in Thimble went wrong; nothing was lost. The log says more.</source>
        <translation>In Thimble ist etwas schiefgegangen; nichts ging verloren. Mehr dazu steht im Protokoll.</translation>
    </message>
    <message>
        <source>Show log</source>
        <translation>Protokoll anzeigen</translation>
    </message>
    <message>
        <source>Dictation is ready: press the microphone under the field.</source>
        <translation>Das Diktieren ist bereit: das Mikrofon unter dem Feld drücken.</translation>
    </message>
</context>
<context>
    <name>SettingRow</name>
    <message>
        <source>Reset</source>
        <translation>Zurücksetzen</translation>
    </message>
    <message>
        <source>Reset: {0}</source>
        <translation>Zurücksetzen: {0}</translation>
    </message>
    <message>
        <source>Back to the default</source>
        <translation>Zurück zum Standard</translation>
    </message>
    <message>
        <source>Like all models</source>
        <translation>Wie bei allen Modellen</translation>
    </message>
    <message>
        <source>{0} was reset.</source>
        <translation>„{0}“ wurde zurückgesetzt.</translation>
    </message>
</context>
<context>
    <name>Settings</name>
    <message>
        <source>Engine</source>
        <translation>Engine</translation>
    </message>
    <message>
        <source>Answers</source>
        <translation>Antworten</translation>
    </message>
    <message>
        <source>Appearance</source>
        <translation>Darstellung</translation>
    </message>
    <message>
        <source>Files and network</source>
        <translation>Dateien und Netzwerk</translation>
    </message>
    <message>
        <source>Automatic</source>
        <translation>Automatisch</translation>
    </message>
    <message>
        <source>Memory limit</source>
        <translation>Speicherlimit</translation>
    </message>
    <message>
        <source>The most memory the engine may use. Of a Mixture-of-Experts model, experts that do not fit stay on disk.</source>
        <translation>So viel Arbeitsspeicher darf die Engine höchstens belegen. Bei einem Mixture-of-Experts-Modell bleiben Experten, die nicht hineinpassen, auf dem Datenträger.</translation>
    </message>
    <message>
        <source>What is free</source>
        <translation>Was frei ist</translation>
    </message>
    <message>
        <source>Context length</source>
        <translation>Kontextlänge</translation>
    </message>
    <message>
        <source>How many tokens of a conversation the model can see at once; more takes more memory.</source>
        <translation>So viele Token einer Unterhaltung überblickt das Modell auf einmal; mehr belegt mehr Arbeitsspeicher.</translation>
    </message>
    <message>
        <source>Keys in the context</source>
        <translation>Schlüssel im Kontext</translation>
    </message>
    <message>
        <source>How the context&apos;s keys are kept: fewer bits take less memory and are a little less exact.</source>
        <translation>Wie die Schlüssel des Kontexts aufbewahrt werden: Weniger Bits brauchen weniger Speicher und sind etwas ungenauer.</translation>
    </message>
    <message>
        <source>Values in the context</source>
        <translation>Werte im Kontext</translation>
    </message>
    <message>
        <source>How the context&apos;s values are kept; fewer than 16 bits need flash attention, which a few models lack.</source>
        <translation>Wie die Werte des Kontexts aufbewahrt werden; weniger als 16 Bits brauchen Flash Attention, die wenigen Modellen fehlt.</translation>
    </message>
    <message>
        <source>Threads</source>
        <translation>Threads</translation>
    </message>
    <message>
        <source>Processor threads for the model; automatic uses one for each physical core.</source>
        <translation>Prozessor-Threads für das Modell; „Automatisch“ nimmt einen pro physischem Kern.</translation>
    </message>
    <message>
        <source>Unload when idle</source>
        <translation>Bei Untätigkeit entladen</translation>
    </message>
    <message>
        <source>After so many minutes without a question the model is unloaded; the next question loads it again.</source>
        <translation>Nach so vielen Minuten ohne Frage wird das Modell entladen; die nächste Frage lädt es wieder.</translation>
    </message>
    <message>
        <source>Approximate head</source>
        <translation>Genäherte Ausgabeschicht</translation>
    </message>
    <message>
        <source>Faster, but answers may differ: only words that the model file&apos;s own predictor expects can be chosen.</source>
        <translation>Schneller, aber Antworten können abweichen: Nur Wörter, die die Vorhersage in der Modelldatei erwartet, können gewählt werden.</translation>
    </message>
    <message>
        <source>System prompt</source>
        <translation>System-Prompt</translation>
    </message>
    <message>
        <source>Instructions the model reads before every conversation; empty for none.</source>
        <translation>Anweisungen, die das Modell vor jeder Unterhaltung liest; leer für keine.</translation>
    </message>
    <message>
        <source>Temperature</source>
        <translation>Temperatur</translation>
    </message>
    <message>
        <source>Higher is more varied, lower is more predictable; 0 always takes the likeliest token.</source>
        <translation>Höher ist abwechslungsreicher, niedriger vorhersehbarer; 0 nimmt immer das wahrscheinlichste Token.</translation>
    </message>
    <message>
        <source>Repetition penalty</source>
        <translation>Wiederholungsstrafe</translation>
    </message>
    <message>
        <source>Above 1, words that were just used become less likely; 1 changes nothing.</source>
        <translation>Über 1 werden eben verwendete Wörter unwahrscheinlicher; 1 ändert nichts.</translation>
    </message>
    <message>
        <source>Longest answer</source>
        <translation>Längste Antwort</translation>
    </message>
    <message>
        <source>Tokens after which an answer stops; automatic lets it run until the context is full.</source>
        <translation>Nach so vielen Token endet eine Antwort; „Automatisch“ lässt sie laufen, bis der Kontext voll ist.</translation>
    </message>
    <message>
        <source>When the context is full</source>
        <translation>Bei vollem Kontext</translation>
    </message>
    <message>
        <source>Whether the model goes on without the oldest messages, or stops and says how long the chat is.</source>
        <translation>Ob das Modell ohne die ältesten Nachrichten weitermacht oder anhält und sagt, wie lang der Chat ist.</translation>
    </message>
    <message>
        <source>Leave out the oldest</source>
        <translation>Älteste weglassen</translation>
    </message>
    <message>
        <source>Stop</source>
        <translation>Anhalten</translation>
    </message>
    <message>
        <source>Theme</source>
        <translation>Erscheinungsbild</translation>
    </message>
    <message>
        <source>Light, dark, or whatever the system shows at the moment.</source>
        <translation>Hell, dunkel oder so, wie das System es gerade zeigt.</translation>
    </message>
    <message>
        <source>Like the system</source>
        <translation>Wie das System</translation>
    </message>
    <message>
        <source>Light</source>
        <translation>Hell</translation>
    </message>
    <message>
        <source>Dark</source>
        <translation>Dunkel</translation>
    </message>
    <message>
        <source>Language</source>
        <translation>Sprache</translation>
    </message>
    <message>
        <source>The language of the window; the model answers in the language you write.</source>
        <translation>Die Sprache des Fensters; das Modell antwortet in der Sprache der Frage.</translation>
    </message>
    <message>
        <source>Reduce motion</source>
        <translation>Bewegung reduzieren</translation>
    </message>
    <message>
        <source>Changes appear at once instead of easing in.</source>
        <translation>Änderungen erscheinen sofort statt mit einem Übergang.</translation>
    </message>
    <message>
        <source>Models folder</source>
        <translation>Modellordner</translation>
    </message>
    <message>
        <source>Where models are kept; GGUF files you put there appear on the Models page.</source>
        <translation>Hier liegen die Modelle; dort abgelegte GGUF-Dateien erscheinen auf der Seite „Modelle“.</translation>
    </message>
    <message>
        <source>Thimble&apos;s own folder</source>
        <translation>Thimbles eigener Ordner</translation>
    </message>
    <message>
        <source>Download folder</source>
        <translation>Download-Ordner</translation>
    </message>
    <message>
        <source>Where downloaded models go. Hugging Face&apos;s own folder is shared with other programs: one copy for all.</source>
        <translation>Wohin heruntergeladene Modelle kommen. Den Ordner von Hugging Face teilen sich die Programme: eine Kopie für alle.</translation>
    </message>
    <message>
        <source>Shared Hugging Face folder</source>
        <translation>Gemeinsamer Hugging-Face-Ordner</translation>
    </message>
    <message>
        <source>Readable copies of chats</source>
        <translation>Lesbare Kopien der Chats</translation>
    </message>
    <message>
        <source>In this folder each chat is kept as a Markdown file, too, after every change. Thimble never reads it.</source>
        <translation>In diesem Ordner liegt jeder Chat auch als Markdown-Datei, nach jeder Änderung neu geschrieben. Thimble liest ihn nie.</translation>
    </message>
    <message>
        <source>None</source>
        <translation>Keiner</translation>
    </message>
    <message>
        <source>Model hub</source>
        <translation>Modell-Hub</translation>
    </message>
    <message>
        <source>Where models are found; enter a mirror&apos;s address where huggingface.co is out of reach.</source>
        <translation>Wo Modelle gefunden werden; die Adresse eines Spiegels, wo huggingface.co nicht erreichbar ist.</translation>
    </message>
    <message>
        <source>Work offline</source>
        <translation>Offline arbeiten</translation>
    </message>
    <message>
        <source>Thimble opens no connection beyond this computer; downloads are refused.</source>
        <translation>Thimble baut keine Verbindung über diesen Computer hinaus auf; Downloads werden abgelehnt.</translation>
    </message>
    <message>
        <source>Thinking</source>
        <translation>Nachdenken</translation>
    </message>
    <message>
        <source>Whether a model that can reason does so before it answers; thoughts take time and context.</source>
        <translation>Ob ein Modell, das nachdenken kann, das vor der Antwort tut; Gedanken kosten Zeit und Kontext.</translation>
    </message>
    <message>
        <source>As the model wants</source>
        <translation>Wie das Modell es will</translation>
    </message>
    <message>
        <source>On</source>
        <translation>An</translation>
    </message>
    <message>
        <source>Off</source>
        <translation>Aus</translation>
    </message>
    <message>
        <source>Top-k</source>
        <translation>Top-k</translation>
    </message>
    <message>
        <source>Only so many of the likeliest tokens are considered; 0 considers all.</source>
        <translation>Nur so viele der wahrscheinlichsten Token kommen in Frage; bei 0 alle.</translation>
    </message>
    <message>
        <source>Top-p</source>
        <translation>Top-p</translation>
    </message>
    <message>
        <source>Only the likeliest tokens that together reach this probability count; 1 counts all.</source>
        <translation>Nur die wahrscheinlichsten Token, die zusammen diese Wahrscheinlichkeit erreichen, kommen in Frage; bei 1 alle.</translation>
    </message>
    <message>
        <source>Min-p</source>
        <translation>Min-p</translation>
    </message>
    <message>
        <source>Tokens less likely than this share of the likeliest one are left out; 0 leaves none out.</source>
        <translation>Token, die unwahrscheinlicher als dieser Anteil des wahrscheinlichsten sind, fallen weg; bei 0 keine.</translation>
    </message>
    <message>
        <source>Presence penalty</source>
        <translation>Präsenzstrafe</translation>
    </message>
    <message>
        <source>Above 0, words that occurred in the answer become less likely; 0 changes nothing.</source>
        <translation>Über 0 werden Wörter, die in der Antwort schon vorkamen, unwahrscheinlicher; 0 ändert nichts.</translation>
    </message>
    <message>
        <source>Frequency penalty</source>
        <translation>Häufigkeitsstrafe</translation>
    </message>
    <message>
        <source>Above 0, words become less likely each time they occur in the answer; 0 changes nothing.</source>
        <translation>Über 0 werden Wörter mit jedem Vorkommen in der Antwort unwahrscheinlicher; 0 ändert nichts.</translation>
    </message>
    <message>
        <source>Seed</source>
        <translation>Startwert</translation>
    </message>
    <message>
        <source>The same seed and the same words give the same answer; random makes each one different.</source>
        <translation>Gleicher Startwert und gleiche Wörter ergeben die gleiche Antwort; zufällig wird jede anders.</translation>
    </message>
    <message>
        <source>Random</source>
        <translation>Zufällig</translation>
    </message>
    <message>
        <source>Form of the answer</source>
        <translation>Form der Antwort</translation>
    </message>
    <message>
        <source>Free text, a JSON object, or what your own grammar allows; anything else is ruled out.</source>
        <translation>Freier Text, ein JSON-Objekt, oder was eine eigene Grammatik erlaubt; alles andere ist ausgeschlossen.</translation>
    </message>
    <message>
        <source>Text</source>
        <translation>Text</translation>
    </message>
    <message>
        <source>By the grammar below</source>
        <translation>Nach der Grammatik darunter</translation>
    </message>
    <message>
        <source>Grammar</source>
        <translation>Grammatik</translation>
    </message>
    <message>
        <source>GBNF with a rule named “root”; used when the form of the answer says so.</source>
        <translation>GBNF mit einer Regel namens „root“; gilt, wenn die Form der Antwort es so sagt.</translation>
    </message>
    <message>
        <source>Titles of chats</source>
        <translation>Titel der Chats</translation>
    </message>
    <message>
        <source>From your first words, or by the model after its first answer, which keeps it busy for a moment.</source>
        <translation>Aus den ersten Wörtern, oder vom Modell nach seiner ersten Antwort, was es einen Moment beschäftigt.</translation>
    </message>
    <message>
        <source>From the first words</source>
        <translation>Aus den ersten Wörtern</translation>
    </message>
    <message>
        <source>By the model</source>
        <translation>Vom Modell</translation>
    </message>
    <message>
        <source>Follow the answer</source>
        <translation>Der Antwort folgen</translation>
    </message>
    <message>
        <source>Whether the chat moves along while an answer is written.</source>
        <translation>Ob der Chat mitläuft, während eine Antwort geschrieben wird.</translation>
    </message>
    <message>
        <source>When I am at its end</source>
        <translation>Wenn ich am Ende bin</translation>
    </message>
    <message>
        <source>Never</source>
        <translation>Nie</translation>
    </message>
    <message>
        <source>Pictures</source>
        <translation>Bilder</translation>
    </message>
    <message>
        <source>Models with a projector file beside them can see pictures; it takes memory while they are loaded.</source>
        <translation>Modelle mit einer Projektor-Datei daneben können Bilder sehen; sie braucht Speicher, solange das Modell geladen ist.</translation>
    </message>
    <message>
        <source>Projector</source>
        <translation>Projektor</translation>
    </message>
    <message>
        <source>The mmproj file by which this model sees; automatic takes the one beside the model.</source>
        <translation>Die mmproj-Datei, mit der dieses Modell sieht; automatisch wird die neben dem Modell genommen.</translation>
    </message>
    <message>
        <source>Passages per question</source>
        <translation>Textstellen je Frage</translation>
    </message>
    <message>
        <source>At most so many passages of searched files go with a question. More of them take longer to read.</source>
        <translation>So viele Textstellen aus durchsuchten Dateien gehen höchstens mit einer Frage mit. Mehr davon zu lesen dauert länger.</translation>
    </message>
    <message>
        <source>Suggested questions</source>
        <translation>Vorgeschlagene Fragen</translation>
    </message>
    <message>
        <source>After an answer the model suggests what you could ask next; that costs a second, short answer each time.</source>
        <translation>Nach einer Antwort schlägt das Modell vor, was Sie als Nächstes fragen könnten; das kostet jedes Mal eine zweite, kurze Antwort.</translation>
    </message>
    <message>
        <source>Text size of chats</source>
        <translation>Schriftgröße der Chats</translation>
    </message>
    <message>
        <source>In percent of the usual size; Ctrl and plus or minus change it, too.</source>
        <translation>In Prozent der üblichen Größe; auch Strg und Plus oder Minus ändern sie.</translation>
    </message>
    <message>
        <source>Formatted, or as the model wrote them, with all marks; each message&apos;s menu has both.</source>
        <translation>Formatiert oder wie das Modell sie schrieb, mit allen Zeichen; im Menü jeder Nachricht gibt es beides.</translation>
    </message>
    <message>
        <source>Formatted</source>
        <translation>Formatiert</translation>
    </message>
    <message>
        <source>Plain text</source>
        <translation>Reiner Text</translation>
    </message>
    <message>
        <source>For other programs</source>
        <translation>Für andere Programme</translation>
    </message>
    <message>
        <source>Answer other programs</source>
        <translation>Anderen Programmen antworten</translation>
    </message>
    <message>
        <source>Programs on this computer that know the key may use your models.</source>
        <translation>Programme auf diesem Computer, die den Schlüssel kennen, dürfen Ihre Modelle nutzen.</translation>
    </message>
    <message>
        <source>Port</source>
        <translation>Port</translation>
    </message>
    <message>
        <source>The last part of the address; change it when another program has it.</source>
        <translation>Der letzte Teil der Adresse; ändern Sie ihn, wenn ein anderes Programm ihn hat.</translation>
    </message>
    <message>
        <source>Answer the whole network</source>
        <translation>Dem ganzen Netzwerk antworten</translation>
    </message>
    <message>
        <source>Other computers with the key may ask, too. Nothing is encrypted on the way: only for networks you trust.</source>
        <translation>Auch andere Computer mit dem Schlüssel dürfen fragen. Unterwegs ist nichts verschlüsselt: nur für Netzwerke, denen Sie vertrauen.</translation>
    </message>
    <message>
        <source>Web pages that may ask</source>
        <translation>Webseiten, die fragen dürfen</translation>
    </message>
    <message>
        <source>Addresses with commas between, such as http://localhost:3000. All other pages are refused.</source>
        <translation>Adressen mit Kommas dazwischen, etwa http://localhost:3000. Alle anderen Seiten werden abgewiesen.</translation>
    </message>
    <message>
        <source>No page</source>
        <translation>Keine Seite</translation>
    </message>
    <message>
        <source>Longest thoughts</source>
        <translation>Längste Gedanken</translation>
    </message>
    <message>
        <source>Tokens after which a model that reasons has to begin its answer: Thimble ends the thoughts for it.</source>
        <translation>Nach so vielen Token muss ein Modell, das nachdenkt, mit der Antwort beginnen: Thimble beendet die Gedanken dann.</translation>
    </message>
    <message>
        <source>Any number</source>
        <translation>Beliebig viele</translation>
    </message>
    <message>
        <source>Expert cache</source>
        <translation>Expertencache</translation>
    </message>
    <message>
        <source>Memory for this model&apos;s experts alone; the others stay on disk. Automatic: all that the limit leaves.</source>
        <translation>Speicher allein für die Experten dieses Modells; die anderen bleiben auf der Platte. Automatisch: alles, was das Limit übrig lässt.</translation>
    </message>
    <message>
        <source>Speech model</source>
        <translation>Modell zum Diktieren</translation>
    </message>
    <message>
        <source>Writes down what you say: a Whisper model, such as ggml-base.bin; else the smallest in the models folder.</source>
        <translation>Schreibt auf, was Sie sagen: ein Whisper-Modell wie ggml-base.bin; sonst das kleinste im Modellordner.</translation>
    </message>
</context>
<context>
    <name>SettingsPage</name>
    <message>
        <source>Settings</source>
        <translation>Einstellungen</translation>
    </message>
    <message>
        <source>Search settings</source>
        <translation>Einstellungen durchsuchen</translation>
    </message>
    <message>
        <source>Reload the model</source>
        <translation>Modell neu laden</translation>
    </message>
    <message>
        <source>The loaded model still uses the former engine settings.</source>
        <translation>Das geladene Modell verwendet noch die alten Engine-Einstellungen.</translation>
    </message>
    <message>
        <source>Reload the model to apply</source>
        <translation>Neu laden und anwenden</translation>
    </message>
    <message>
        <source>This installation</source>
        <translation>Diese Installation</translation>
    </message>
    <message>
        <source>No setting has these words.</source>
        <translation>Keine Einstellung enthält diese Wörter.</translation>
    </message>
    <message>
        <source>Takes effect after a restart of Thimble.</source>
        <translation>Wird nach einem Neustart von Thimble wirksam.</translation>
    </message>
</context>
<context>
    <name>Shortcuts</name>
    <message>
        <source>Go to</source>
        <translation>Gehe zu</translation>
    </message>
    <message>
        <source>Conversation</source>
        <translation>Unterhaltung</translation>
    </message>
    <message>
        <source>Window</source>
        <translation>Fenster</translation>
    </message>
    <message>
        <source>Go to anything</source>
        <translation>Schnellzugriff</translation>
    </message>
    <message>
        <source>Chat</source>
        <translation>Chat</translation>
    </message>
    <message>
        <source>Models</source>
        <translation>Modelle</translation>
    </message>
    <message>
        <source>Performance</source>
        <translation>Leistung</translation>
    </message>
    <message>
        <source>Settings</source>
        <translation>Einstellungen</translation>
    </message>
    <message>
        <source>Programs</source>
        <translation>Programme</translation>
    </message>
    <message>
        <source>New chat</source>
        <translation>Neuer Chat</translation>
    </message>
    <message>
        <source>Send</source>
        <translation>Senden</translation>
    </message>
    <message>
        <source>New line</source>
        <translation>Neue Zeile</translation>
    </message>
    <message>
        <source>Stop the answer</source>
        <translation>Stoppen</translation>
    </message>
    <message>
        <source>Show or hide list</source>
        <translation>Liste ein/aus</translation>
    </message>
    <message>
        <source>Undo</source>
        <translation>Rückgängig</translation>
    </message>
    <message>
        <source>Show the log</source>
        <translation>Protokoll</translation>
    </message>
    <message>
        <source>Shortcuts</source>
        <translation>Kurzbefehle</translation>
    </message>
    <message>
        <source>Close Thimble</source>
        <translation>Beenden</translation>
    </message>
    <message>
        <source>Temporary chat</source>
        <translation>Ungespeichert</translation>
    </message>
    <message>
        <source>Add, ask nothing</source>
        <translation>Nur hinzufügen</translation>
    </message>
    <message>
        <source>Edit last message</source>
        <translation>Bearbeiten</translation>
    </message>
    <message>
        <source>Find in this chat</source>
        <translation>Im Chat suchen</translation>
    </message>
    <message>
        <source>Search all chats</source>
        <translation>Alle Chats</translation>
    </message>
    <message>
        <source>Ask both chats</source>
        <translation>Beide Chats fragen</translation>
    </message>
    <message>
        <source>Two chats, or one</source>
        <translation>Zwei Chats oder einer</translation>
    </message>
    <message>
        <source>To the other chat</source>
        <translation>Zum anderen Chat</translation>
    </message>
    <message>
        <source>Connections</source>
        <translation>Verbindungen</translation>
    </message>
    <message>
        <source>Add as an answer</source>
        <translation>Als Antwort hinzufügen</translation>
    </message>
    <message>
        <source>Larger text</source>
        <translation>Größere Schrift</translation>
    </message>
    <message>
        <source>Smaller text</source>
        <translation>Kleinere Schrift</translation>
    </message>
    <message>
        <source>Text as usual</source>
        <translation>Schrift wie sonst</translation>
    </message>
</context>
<context>
    <name>ShortcutsOverlay</name>
    <message>
        <source>Close</source>
        <translation>Schließen</translation>
    </message>
</context>
<context>
    <name>Sight</name>
    <message>
        <source>Pictures are not sent to models on other computers, only their names.</source>
        <translation>Bilder werden nicht an Modelle auf anderen Rechnern geschickt, nur ihre Namen.</translation>
    </message>
    <message>
        <source>This model cannot see pictures; it is told only their names.</source>
        <translation>Dieses Modell kann keine Bilder sehen; es erfährt nur ihre Namen.</translation>
    </message>
</context>
<context>
    <name>Speaker</name>
    <message>
        <source>This computer has no program that reads aloud.</source>
        <translation>Auf diesem Computer gibt es kein Programm, das vorliest.</translation>
    </message>
    <message>
        <source>Install “espeak-ng” or “speech-dispatcher” from your system&apos;s packages.</source>
        <translation>Installieren Sie „espeak-ng“ oder „speech-dispatcher“ aus den Paketen Ihres Systems.</translation>
    </message>
    <message>
        <source>There are no words to read aloud.</source>
        <translation>Es gibt keine Wörter zum Vorlesen.</translation>
    </message>
    <message>
        <source>Reading aloud did not work: {0} failed.</source>
        <translation>Das Vorlesen ist misslungen: {0} ist gescheitert.</translation>
    </message>
</context>
<context>
    <name>SpeedView</name>
    <message>
        <source>in {0}</source>
        <translation>in {0}</translation>
    </message>
    <message>
        <source>too big</source>
        <translation>zu groß</translation>
    </message>
    <message>
        <source>{0} tok/s</source>
        <translation>{0} Token/s</translation>
    </message>
    <message>
        <source>measured here</source>
        <translation>hier gemessen</translation>
    </message>
</context>
<context>
    <name>StatCard</name>
    <message>
        <source>{0}, last two minutes</source>
        <translation>{0}, letzte zwei Minuten</translation>
    </message>
</context>
<context>
    <name>Suggestions</name>
    <message>
        <source>Suggested questions</source>
        <translation>Vorgeschlagene Fragen</translation>
    </message>
    <message>
        <source>Ask: {0}</source>
        <translation>Fragen: {0}</translation>
    </message>
</context>
<context>
    <name>Switcher</name>
    <message>
        <source>Go to anything</source>
        <translation>Schnellzugriff</translation>
    </message>
    <message>
        <source>Go to a page, a conversation, a model, a setting…</source>
        <translation>Gehe zu Seite, Unterhaltung, Modell, Einstellung&#xa0;…</translation>
    </message>
    <message>
        <source>Matches</source>
        <translation>Treffer</translation>
    </message>
</context>
<context>
    <name>SystemView</name>
    <message>
        <source>System</source>
        <translation>System</translation>
    </message>
    <message>
        <source>Hint</source>
        <translation>Hinweis</translation>
    </message>
    <message>
        <source>Model</source>
        <translation>Modell</translation>
    </message>
    <message>
        <source>Name</source>
        <translation>Name</translation>
    </message>
    <message>
        <source>Architecture</source>
        <translation>Architektur</translation>
    </message>
    <message>
        <source>Parameters</source>
        <translation>Parameter</translation>
    </message>
    <message>
        <source>Quantization</source>
        <translation>Quantisierung</translation>
    </message>
    <message>
        <source>Head</source>
        <translation>Ausgabeschicht</translation>
    </message>
    <message>
        <source>File size</source>
        <translation>Dateigröße</translation>
    </message>
    <message>
        <source>Context</source>
        <translation>Kontext</translation>
    </message>
    <message>
        <source>Keys, values</source>
        <translation>Schlüssel, Werte</translation>
    </message>
    <message>
        <source>Trained for</source>
        <translation>Trainiert für</translation>
    </message>
    <message>
        <source>Experts</source>
        <translation>Experten</translation>
    </message>
    <message>
        <source>Engine</source>
        <translation>Engine</translation>
    </message>
    <message>
        <source>State</source>
        <translation>Zustand</translation>
    </message>
    <message>
        <source>Build</source>
        <translation>Build</translation>
    </message>
    <message>
        <source>Built for</source>
        <translation>Gebaut für</translation>
    </message>
    <message>
        <source>Patches</source>
        <translation>Patches</translation>
    </message>
    <message>
        <source>Process</source>
        <translation>Prozess</translation>
    </message>
    <message>
        <source>Threads</source>
        <translation>Threads</translation>
    </message>
    <message>
        <source>Processor</source>
        <translation>Prozessor</translation>
    </message>
    <message>
        <source>Answers</source>
        <translation>Antworten</translation>
    </message>
    <message>
        <source>Waiting</source>
        <translation>Wartend</translation>
    </message>
    <message>
        <source>Another program</source>
        <translation>Ein anderes Programm</translation>
    </message>
    <message>
        <source>{0} slows the engine: other programs use {1} of {2} cores.</source>
        <translation>{0} bremst die Engine: Andere Programme nutzen {1} von {2} Kernen.</translation>
    </message>
    <message>
        <source>It computes with {0} of {1} threads meanwhile.</source>
        <translation>Sie rechnet solange mit {0} von {1} Threads.</translation>
    </message>
    <message>
        <source>whole</source>
        <translation>vollständig</translation>
    </message>
    <message>
        <source>approximate</source>
        <translation>genähert</translation>
    </message>
    <message>
        <source>approximate: {0} of the rows</source>
        <translation>genähert: {0} der Zeilen</translation>
    </message>
    <message>
        <source>approximate: {0} of the rows, {1} of {2} checked tokens changed</source>
        <translation>genähert: {0} der Zeilen, {1} von {2} geprüften Tokens geändert</translation>
    </message>
    <message>
        <source>{0} tokens</source>
        <translation>{0} Token</translation>
    </message>
    <message>
        <source>{0} of {1} per token</source>
        <translation>{0} von {1} pro Token</translation>
    </message>
    <message>
        <source>none (dense)</source>
        <translation>keine (dicht)</translation>
    </message>
    <message>
        <source>this processor</source>
        <translation>diesen Prozessor</translation>
    </message>
    <message>
        <source>Thimble&apos;s</source>
        <translation>Thimbles</translation>
    </message>
    <message>
        <source>none</source>
        <translation>keine</translation>
    </message>
    <message>
        <source>{0} % of one core</source>
        <translation>{0} % eines Kerns</translation>
    </message>
    <message>
        <source>“{0}”</source>
        <translation>„{0}“</translation>
    </message>
</context>
<context>
    <name>TabledCard</name>
    <message>
        <source>{0} as a table</source>
        <translation>{0} als Tabelle</translation>
    </message>
</context>
<context>
    <name>TaskCard</name>
    <message>
        <source>Cancel</source>
        <translation>Abbrechen</translation>
    </message>
    <message>
        <source>Cancel: {0}</source>
        <translation>Abbrechen: {0}</translation>
    </message>
    <message>
        <source>{0} of {1}</source>
        <translation>{0} von {1}</translation>
    </message>
</context>
<context>
    <name>TemplateEditor</name>
    <message>
        <source>Chat template</source>
        <translation>Chat-Vorlage</translation>
    </message>
    <message>
        <source>Reading the header…</source>
        <translation>Liest den Kopf …</translation>
    </message>
    <message>
        <source>Chat template of this model</source>
        <translation>Chat-Vorlage dieses Modells</translation>
    </message>
    <message>
        <source>Try and keep</source>
        <translation>Prüfen und behalten</translation>
    </message>
    <message>
        <source>Discard the changes</source>
        <translation>Änderungen verwerfen</translation>
    </message>
    <message>
        <source>Back to the file&apos;s own</source>
        <translation>Zurück zur Vorlage der Datei</translation>
    </message>
    <message>
        <source>A sample conversation in this template</source>
        <translation>Ein Beispielgespräch in dieser Vorlage</translation>
    </message>
    <message>
        <source>A sample conversation as the model reads it:</source>
        <translation>Ein Beispielgespräch, wie das Modell es liest:</translation>
    </message>
    <message>
        <source>Changed for this model.</source>
        <translation>Für dieses Modell geändert.</translation>
    </message>
    <message>
        <source>The file&apos;s own.</source>
        <translation>Die Vorlage der Datei.</translation>
    </message>
    <message>
        <source>The file has none; ChatML is used. Enter one to use that instead.</source>
        <translation>Die Datei hat keine; verwendet wird ChatML. Geben Sie eine ein, um sie zu verwenden.</translation>
    </message>
    <message>
        <source>Trying it…</source>
        <translation>Wird geprüft …</translation>
    </message>
    <message>
        <source>It works and is kept. It has no place for a system prompt.</source>
        <translation>Sie funktioniert und wurde behalten. Für einen Systemprompt hat sie keinen Platz.</translation>
    </message>
    <message>
        <source>It works and is kept.</source>
        <translation>Sie funktioniert und wurde behalten.</translation>
    </message>
    <message>
        <source>The chat template is the file&apos;s own again.</source>
        <translation>Es gilt wieder die Chat-Vorlage der Datei.</translation>
    </message>
</context>
<context>
    <name>TextControl</name>
    <message>
        <source>None</source>
        <translation>Nicht festgelegt</translation>
    </message>
</context>
<context>
    <name>ThimbleBar</name>
    <message>
        <source>Open the Performance page</source>
        <translation>Seite „Leistung“ öffnen</translation>
    </message>
    <message>
        <source>Load progress</source>
        <translation>Ladefortschritt</translation>
    </message>
    <message>
        <source>Stop loading</source>
        <translation>Laden abbrechen</translation>
    </message>
    <message>
        <source>memory</source>
        <translation>Arbeitsspeicher</translation>
    </message>
    <message>
        <source>Memory of the engine</source>
        <translation>Arbeitsspeicher der Engine</translation>
    </message>
    <message>
        <source>experts</source>
        <translation>Experten</translation>
    </message>
    <message>
        <source>tok/s</source>
        <translation>Token/s</translation>
    </message>
    <message>
        <source>Tokens per second, last 30 seconds</source>
        <translation>Token pro Sekunde, letzte 30 Sekunden</translation>
    </message>
    <message>
        <source>loading {0}</source>
        <translation>wird geladen, {0}</translation>
    </message>
    <message>
        <source>engine stopped</source>
        <translation>Engine gestoppt</translation>
    </message>
    <message>
        <source>starting the engine</source>
        <translation>Engine startet</translation>
    </message>
    <message>
        <source>answering</source>
        <translation>antwortet</translation>
    </message>
    <message>
        <source>answering, {0} waiting</source>
        <translation>antwortet, {0} wartend</translation>
    </message>
    <message>
        <source>ready</source>
        <translation>bereit</translation>
    </message>
    <message>
        <source>no model loaded</source>
        <translation>kein Modell geladen</translation>
    </message>
    <message>
        <source>{0} hit</source>
        <translation>{0} Treffer</translation>
    </message>
    <message>
        <source>Engine: {0}</source>
        <translation>Engine: {0}</translation>
    </message>
    <message>
        <source>memory {0}</source>
        <translation>Arbeitsspeicher {0}</translation>
    </message>
    <message>
        <source>experts {0}</source>
        <translation>Experten {0}</translation>
    </message>
    <message>
        <source>{0} tokens per second</source>
        <translation>{0} Token pro Sekunde</translation>
    </message>
    <message>
        <source>measuring</source>
        <translation>misst</translation>
    </message>
    <message>
        <source>remote: {0}</source>
        <translation>entfernt: {0}</translation>
    </message>
</context>
<context>
    <name>TimeCard</name>
    <message>
        <source>Where a token&apos;s time goes</source>
        <translation>Zeit pro Token</translation>
    </message>
    <message>
        <source>computing</source>
        <translation>Berechnung</translation>
    </message>
    <message>
        <source>choosing the token</source>
        <translation>Auswahl des Tokens</translation>
    </message>
    <message>
        <source>other</source>
        <translation>Sonstiges</translation>
    </message>
    <message>
        <source>nothing answered yet</source>
        <translation>noch keine Antwort</translation>
    </message>
    <message>
        <source>last two minutes, prompts included</source>
        <translation>letzte zwei Minuten, mit Eingaben</translation>
    </message>
    <message>
        <source>since the engine started, prompts included</source>
        <translation>seit dem Start der Engine, mit Eingaben</translation>
    </message>
    <message>
        <source>{0} ms · {1}</source>
        <translation>{0} ms · {1}</translation>
    </message>
    <message>
        <source>waiting for the disk</source>
        <translation>Warten aufs Laufwerk</translation>
    </message>
    <message>
        <source>Reading a prompt</source>
        <translation>Lesen der Eingabe</translation>
    </message>
    <message>
        <source>Time to the first token</source>
        <translation>Zeit bis zum ersten Token</translation>
    </message>
    <message>
        <source>Answered since the start</source>
        <translation>Geantwortet seit dem Start</translation>
    </message>
    <message>
        <source>{0} tok/s</source>
        <translation>{0} Token/s</translation>
    </message>
    <message>
        <source>{0} reused</source>
        <translation>{0} im Cache</translation>
    </message>
    <message>
        <source>{0} tokens in one answer</source>
        <translation>{0} Token in einer Antwort</translation>
    </message>
    <message>
        <source>{0} tokens in {1} answers</source>
        <translation>{0} Token in {1} Antworten</translation>
    </message>
    <message>
        <source>What</source>
        <translation>Was</translation>
    </message>
    <message>
        <source>For each token</source>
        <translation>Pro Token</translation>
    </message>
</context>
<context>
    <name>TitleRow</name>
    <message>
        <source>Title</source>
        <translation>Titel</translation>
    </message>
    <message>
        <source>Settings of this chat</source>
        <translation>Einstellungen dieses Chats</translation>
    </message>
    <message>
        <source>More</source>
        <translation>Mehr</translation>
    </message>
    <message>
        <source>New chat</source>
        <translation>Neuer Chat</translation>
    </message>
    <message>
        <source>Temporary chat</source>
        <translation>Vorübergehender Chat</translation>
    </message>
    <message>
        <source>Two chats side by side</source>
        <translation>Zwei Chats nebeneinander</translation>
    </message>
    <message>
        <source>Close this side</source>
        <translation>Diese Seite schließen</translation>
    </message>
    <message>
        <source>Remote: {0}</source>
        <translation>Entfernt: {0}</translation>
    </message>
    <message>
        <source>This chat leaves this computer: it is sent to {0} ({1}).</source>
        <translation>Dieser Chat verlässt diesen Computer: Er geht an {0} ({1}).</translation>
    </message>
    <message>
        <source>This chat is answered by {0} ({1}), another program on this computer.</source>
        <translation>Diesen Chat beantwortet {0} ({1}), ein anderes Programm auf diesem Computer.</translation>
    </message>
</context>
<context>
    <name>TokenRow</name>
    <message>
        <source>Access token</source>
        <translation>Zugangsschlüssel</translation>
    </message>
    <message>
        <source>For models whose authors ask who you are; kept in the system&apos;s keyring, sent to the hub only.</source>
        <translation>Für Modelle, deren Autoren wissen wollen, wer Sie sind; liegt im Schlüsselbund des Systems und geht nur an den Hub.</translation>
    </message>
    <message>
        <source>Save</source>
        <translation>Speichern</translation>
    </message>
    <message>
        <source>Save the access token</source>
        <translation>Zugangsschlüssel speichern</translation>
    </message>
    <message>
        <source>Forget it</source>
        <translation>Vergessen</translation>
    </message>
    <message>
        <source>Forget the access token</source>
        <translation>Zugangsschlüssel vergessen</translation>
    </message>
    <message>
        <source>One moment…</source>
        <translation>Einen Moment …</translation>
    </message>
    <message>
        <source>Forgotten.</source>
        <translation>Vergessen.</translation>
    </message>
    <message>
        <source>Kept in the system&apos;s keyring.</source>
        <translation>Liegt im Schlüsselbund des Systems.</translation>
    </message>
    <message>
        <source>It is the token of {0}.</source>
        <translation>Er gehört {0}.</translation>
    </message>
</context>
<context>
    <name>ToolRounds</name>
    <message>
        <source>The model has called tools {0} times in a row, and was stopped.</source>
        <translation>Das Modell hat {0}-mal hintereinander Werkzeuge aufgerufen und wurde angehalten.</translation>
    </message>
    <message>
        <source>Go on if it is on a good way.</source>
        <translation>Setzen Sie fort, wenn es auf gutem Weg ist.</translation>
    </message>
</context>
<context>
    <name>ToolSection</name>
    <message>
        <source>Tools</source>
        <translation>Werkzeuge</translation>
    </message>
    <message>
        <source>Programs that speak MCP give a model something to do: look up, calculate, read files. Each chat says which tools are on, and before a call is made you see it and allow it.</source>
        <translation>Programme, die MCP sprechen, geben einem Modell etwas zu tun: nachschlagen, rechnen, Dateien lesen. Jeder Chat legt fest, welche Werkzeuge an sind, und vor jedem Aufruf sehen Sie ihn und erlauben ihn.</translation>
    </message>
    <message>
        <source>Add a tool server…</source>
        <translation>Werkzeugserver hinzufügen …</translation>
    </message>
    <message>
        <source>Import…</source>
        <translation>Importieren …</translation>
    </message>
    <message>
        <source>Add the example</source>
        <translation>Beispiel hinzufügen</translation>
    </message>
    <message>
        <source>It offers 1 tool.</source>
        <translation>Er bietet 1 Werkzeug.</translation>
    </message>
    <message>
        <source>It offers {0} tools.</source>
        <translation>Er bietet {0} Werkzeuge.</translation>
    </message>
    <message>
        <source>Described otherwise than before, so every chat asks about them anew: {0}.</source>
        <translation>Anders beschrieben als zuvor, deshalb fragt jeder Chat neu nach ihnen: {0}.</translation>
    </message>
    <message>
        <source>Not started yet: what it offers is not known.</source>
        <translation>Noch nicht gestartet: Was er bietet, ist nicht bekannt.</translation>
    </message>
    <message>
        <source>Start {0} and list its tools</source>
        <translation>{0} starten und Werkzeuge auflisten</translation>
    </message>
    <message>
        <source>Example</source>
        <translation>Beispiel</translation>
    </message>
    <message>
        <source>Not imported, because of their form: {0}</source>
        <translation>Wegen ihrer Form nicht importiert: {0}</translation>
    </message>
</context>
<context>
    <name>ToolSteps</name>
    <message>
        <source>Tools</source>
        <translation>Werkzeuge</translation>
    </message>
    <message>
        <source>Show what was said to the tool</source>
        <translation>Zeigen, was dem Werkzeug gesagt wurde</translation>
    </message>
    <message>
        <source>Tool</source>
        <translation>Werkzeug</translation>
    </message>
    <message>
        <source>What came back</source>
        <translation>Ergebnis</translation>
    </message>
    <message>
        <source>Allow once</source>
        <translation>Einmal erlauben</translation>
    </message>
    <message>
        <source>Always in this chat</source>
        <translation>Hier immer</translation>
    </message>
    <message>
        <source>Don&apos;t allow</source>
        <translation>Nicht erlauben</translation>
    </message>
    <message>
        <source>The model wants to use this tool of “{0}” with:</source>
        <translation>Das Modell möchte dieses Werkzeug von „{0}“ benutzen mit:</translation>
    </message>
    <message>
        <source>nothing else</source>
        <translation>nichts weiter</translation>
    </message>
    <message>
        <source>… and {0} more characters that are not shown</source>
        <translation>… und {0} weitere Zeichen, die nicht gezeigt werden</translation>
    </message>
    <message>
        <source>done</source>
        <translation>erledigt</translation>
    </message>
    <message>
        <source>failed</source>
        <translation>fehlgeschlagen</translation>
    </message>
    <message>
        <source>not allowed</source>
        <translation>nicht erlaubt</translation>
    </message>
    <message>
        <source>at work…</source>
        <translation>arbeitet …</translation>
    </message>
    <message>
        <source>waits for your word</source>
        <translation>wartet auf Ihre Entscheidung</translation>
    </message>
    <message>
        <source>not finished</source>
        <translation>nicht beendet</translation>
    </message>
</context>
<context>
    <name>ToolsButton</name>
    <message>
        <source>Tools: none switched on</source>
        <translation>Werkzeuge: keine an</translation>
    </message>
    <message>
        <source>Tools: {0} switched on</source>
        <translation>Werkzeuge: {0} an</translation>
    </message>
    <message>
        <source>Tools</source>
        <translation>Werkzeuge</translation>
    </message>
    <message>
        <source>All of {0}</source>
        <translation>Alle von {0}</translation>
    </message>
    <message>
        <source>Tool servers…</source>
        <translation>Werkzeugserver …</translation>
    </message>
</context>
<context>
    <name>UndoStack</name>
    <message>
        <source>Undo</source>
        <translation>Rückgängig</translation>
    </message>
</context>
<context>
    <name>UseCard</name>
    <message>
        <source>Where experts came from</source>
        <translation>Woher die Experten kamen</translation>
    </message>
    <message>
        <source>were in memory</source>
        <translation>waren im Speicher</translation>
    </message>
    <message>
        <source>read, and nobody waited</source>
        <translation>gelesen, ohne Warten</translation>
    </message>
    <message>
        <source>read ahead, but too late</source>
        <translation>vorausgelesen, aber zu spät</translation>
    </message>
    <message>
        <source>read when asked for</source>
        <translation>erst auf Anfrage gelesen</translation>
    </message>
    <message>
        <source>nothing answered yet</source>
        <translation>noch keine Antwort</translation>
    </message>
    <message>
        <source>last 2 min</source>
        <translation>letzte 2 min</translation>
    </message>
    <message>
        <source>since the start</source>
        <translation>seit dem Start</translation>
    </message>
    <message>
        <source>{0} a token · {1}</source>
        <translation>{0} pro Token · {1}</translation>
    </message>
    <message>
        <source>What</source>
        <translation>Was</translation>
    </message>
    <message>
        <source>Share</source>
        <translation>Anteil</translation>
    </message>
</context>
<context>
    <name>UserView</name>
    <message>
        <source>Show less</source>
        <translation>Weniger anzeigen</translation>
    </message>
    <message>
        <source>Show all</source>
        <translation>Alles anzeigen</translation>
    </message>
    <message>
        <source>Your message: {0}</source>
        <translation>Eigene Nachricht: {0}</translation>
    </message>
    <message>
        <source>Edit message</source>
        <translation>Nachricht bearbeiten</translation>
    </message>
    <message>
        <source>Asks again with these words; the old answer is kept.</source>
        <translation>Fragt mit diesen Worten erneut; die alte Antwort bleibt erhalten.</translation>
    </message>
    <message>
        <source>Cancel</source>
        <translation>Abbrechen</translation>
    </message>
    <message>
        <source>Send</source>
        <translation>Senden</translation>
    </message>
    <message>
        <source>Answered next</source>
        <translation>Wird als Nächstes beantwortet</translation>
    </message>
    <message>
        <source>Not answered</source>
        <translation>Nicht beantwortet</translation>
    </message>
    <message>
        <source>Ask for an answer to this message</source>
        <translation>Diese Nachricht beantworten lassen</translation>
    </message>
    <message>
        <source>Answer</source>
        <translation>Beantworten</translation>
    </message>
    <message>
        <source>Delete message</source>
        <translation>Nachricht löschen</translation>
    </message>
    <message>
        <source>Change your message</source>
        <translation>Nachricht ändern</translation>
    </message>
</context>
</TS>
