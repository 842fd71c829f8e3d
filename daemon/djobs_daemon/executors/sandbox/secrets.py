"""Where people and their programs keep what a command has no business to read or change."""

from typing import Final

OF_HOME: Final = (
    # keys and passwords
    *(".ssh", ".gnupg", ".password-store", ".netrc", ".pgpass", ".my.cnf", ".vault-token"),
    *(".local/share/keyrings", ".config/op", ".config/Bitwarden CLI", "Library/Keychains"),
    # clouds and clusters
    *(".aws", ".azure", ".config/gcloud", ".oci", ".kube", ".s3cfg", ".boto", ".config/rclone"),
    *(".config/doctl", ".config/hcloud", ".fly", ".terraform.d/credentials.tfrc.json"),
    # where code and packages are published
    *(".config/gh", ".config/hub", ".config/glab-cli", ".git-credentials"),
    *(".config/git/credentials", ".subversion/auth", ".npmrc", ".yarnrc.yml", ".pypirc"),
    *(".gem/credentials", ".cargo/credentials", ".cargo/credentials.toml"),
    *(".m2/settings.xml", ".gradle/gradle.properties", ".config/composer/auth.json"),
    # containers: passwords, and sockets that give the whole machine away
    *(".docker", ".config/containers/auth.json", ".colima", ".lima", ".rd", ".orbstack"),
    # agents
    *(".claude/.credentials.json", ".codex/auth.json", ".gemini/oauth_creds.json"),
    *(".config/github-copilot", ".local/share/opencode/auth.json"),
    # browsers and mail
    *(".mozilla", ".config/google-chrome", ".config/chromium", ".config/BraveSoftware"),
    *(".config/microsoft-edge", ".thunderbird", "Library/Application Support/Google/Chrome"),
    *("Library/Application Support/Firefox", "Library/Cookies", "Library/Mail"),
    # what was typed, passwords by mistake among it
    *(".bash_history", ".zsh_history", ".python_history", ".psql_history", ".mysql_history"),
)
"""Below the home folder, files and folders. As the field does: a list of what is known, since
programs need the rest of a home to run at all."""

RUNS_OUTSIDE_LATER: Final = (".vscode", ".idea", ".claude", ".mcp.json")
"""Below a workspace: what editors and agents execute later, outside of any sandbox."""

GIT: Final = ".git"
GIT_RUNS: Final = (".git/hooks", ".git/config")
"""All of ``.git`` can be made to run something: ``commondir``, for one, names another config. These
two are what is left to protect when a job is to commit."""

OF_SYSTEM: Final = ("/run", "/var/run", "/private/var/run")
"""The sockets of system and session: who may speak to them commands other processes."""

TEMPORARY: Final = ("/tmp", "/var/tmp")
