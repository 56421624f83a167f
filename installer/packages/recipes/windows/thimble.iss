; NOT TRIED. Inno Setup 6: after `py -3.12 -m installer package --folder-only`,
;   iscc /DVersion=0.1.0 /DProgram=..\..\..\..\.thimble\package\program\thimble thimble.iss
; thimble.exe has no terminal, thimble-cli.exe has one ("thimble-cli ask ...").
#ifndef Version
  #error Say which version: /DVersion=...
#endif
#ifndef Program
  #error Say where the program's folder is: /DProgram=...
#endif

[Setup]
AppId={{1B0A56E6-6F2C-4E0C-9B57-6C1F5B6E2E10}
AppName=Thimble
AppVersion={#Version}
AppPublisher=The Thimble developers
DefaultDirName={autopf}\Thimble
DefaultGroupName=Thimble
DisableProgramGroupPage=yes
; for this user only, without an administrator, unless somebody chooses otherwise
PrivilegesRequired=lowest
PrivilegesRequiredOverridesAllowed=dialog
ArchitecturesAllowed=x64compatible
ArchitecturesInstallIn64BitMode=x64compatible
MinVersion=10.0.17763
LicenseFile={#Program}\_internal\thimble\LICENSE
OutputBaseFilename=thimble-{#Version}-windows-x86_64
Compression=lzma2
SolidCompression=yes
WizardStyle=modern
ChangesAssociations=yes
UninstallDisplayIcon={app}\thimble.exe

[Languages]
Name: "en"; MessagesFile: "compiler:Default.isl"
Name: "de"; MessagesFile: "compiler:Languages\German.isl"

[CustomMessages]
en.OpenModels=Open .gguf files with Thimble
de.OpenModels=.gguf-Dateien mit Thimble öffnen

[Tasks]
Name: "associate"; Description: "{cm:OpenModels}"
Name: "desktopicon"; Description: "{cm:CreateDesktopIcon}"; Flags: unchecked

[Files]
Source: "{#Program}\*"; DestDir: "{app}"; Flags: ignoreversion recursesubdirs createallsubdirs

[Icons]
Name: "{autoprograms}\Thimble"; Filename: "{app}\thimble.exe"; AppUserModelID: "app.thimble.Thimble"
Name: "{autodesktop}\Thimble"; Filename: "{app}\thimble.exe"; Tasks: desktopicon

[Registry]
Root: HKA; Subkey: "Software\Classes\.gguf\OpenWithProgids"; ValueType: string; ValueName: "Thimble.gguf"; ValueData: ""; Flags: uninsdeletevalue; Tasks: associate
Root: HKA; Subkey: "Software\Classes\Thimble.gguf"; ValueType: string; ValueData: "GGUF language model"; Flags: uninsdeletekey; Tasks: associate
Root: HKA; Subkey: "Software\Classes\Thimble.gguf\DefaultIcon"; ValueType: string; ValueData: "{app}\thimble.exe,0"; Tasks: associate
Root: HKA; Subkey: "Software\Classes\Thimble.gguf\shell\open\command"; ValueType: string; ValueData: """{app}\thimble.exe"" ""%1"""; Tasks: associate

[Run]
Filename: "{app}\thimble.exe"; Description: "{cm:LaunchProgram,Thimble}"; Flags: nowait postinstall skipifsilent
; nothing under [UninstallDelete]: settings, conversations and models are the user's and stay
