/** Everything that the doctor can find, with its level and its mend. The codes never change. */
export const FINDINGS = {
  node_old: ['fault', 'Install Node 20.19 or newer.'],
  heap_small: ['warning', 'Start Node with a larger --max-old-space-size, or without that option.'],
  memory_short: [
    'warning',
    'Give the machine or its container more memory, or start Node with a smaller --max-old-space-size.',
  ],
  open_files_low: [
    'fault',
    'Raise the limit of open files (ulimit -n, or LimitNOFILE of systemd), or lower MAX_CONNECTIONS.',
  ],

  env_file_open: ['fault', 'Run "chmod 600" on the file.'],
  env_file_invalid: ['fault', 'Correct that line of the file.'],
  env_name_unknown: ['warning', 'Correct the name of the variable, or remove its line.'],
  config_invalid: ['fault', 'Set the variable as that says; .env.example explains each.'],
  setting_unused: ['warning', 'Remove the variable, or change STORE.'],
  mails_not_sent: ['warning', 'Set SMTP_URL and MAIL_FROM, or GMAIL_USER and GMAIL_PASS.'],
  not_production: ['warning', 'Set NODE_ENV=production.'],
  origin_http: ['warning', 'Put a proxy with TLS in front, and set PUBLIC_ORIGIN to its https address.'],
  proxies_untrusted: ['warning', 'Set TRUSTED_PROXIES to the number of your proxies.'],
  proxies_absent: ['warning', 'Set TRUSTED_PROXIES=0, or PUBLIC_ORIGIN to the address of your proxy.'],
  letterhead_invalid: ['fault', 'Name an SVG file of the allowed shapes in BANK_LOGO, or unset it.'],

  secret_reused: ['warning', 'Give each secret a random value of its own.'],
  system_password_weak: ['fault', 'Set SYSTEM_PASSWORD to what "openssl rand -base64 24" prints.'],
  checkpoint_key_unset: ['warning', 'Set CHECKPOINT_KEY, and keep a copy of it apart from the database.'],
  secret_file_open: [
    'fault',
    'Run "chmod 600" on the file, and replace the secret if others may have read it.',
  ],
  secret_file_invalid: ['fault', 'Put a copy of the file back, or delete it to have a new one made.'],

  data_dir_open: ['warning', 'Run "chmod 700" on the folder.'],
  data_dir_unwritable: ['fault', "Set DATA_DIR to a folder in which the bank's own user may write."],
  disk_low: ['warning', 'Free some space soon, or move the files to a larger disk.'],
  disk_full: ['fault', 'Free some space now: a full disk refuses every transfer.'],
  network_file_system: ['fault', 'Move the database to a disk of this machine.'],

  store_memory: ['warning', 'Unset STORE, unless nothing needs to be kept.'],
  database_missing: ['warning', 'Check DATABASE_PATH and DATA_DIR, or start the bank if it is new.'],
  database_file_open: ['fault', 'Run "chmod 600" on the file.'],
  database_unusable: ['fault', 'Name the right file in DATABASE_PATH, or run "passbook restore FILE".'],
  database_foreign: ['fault', 'Name the database of this bank in DATABASE_PATH or MONGO_URI.'],
  restore_unfinished: ['fault', 'Run "passbook restore FILE" again.'],
  log_foreign: ['fault', 'Move the log away, or run "passbook restore FILE".'],
  schema_newer: ['fault', 'Install the version of Passbook that wrote the books, or a newer one.'],
  schema_unreleased: ['fault', 'Use a new database: no released version reads this one.'],
  schema_behind: ['warning', 'Stop every server, back up, and run "passbook migrate up".'],
  index_missing: ['fault', 'Run "passbook migrate up", which makes the index again.'],

  database_unreachable: ['fault', 'Start MongoDB, or correct the host in MONGO_URI.'],
  database_denied: ['fault', 'Correct the user in MONGO_URI, and give it readWrite and dbAdmin.'],
  mongo_old: ['fault', 'Upgrade MongoDB to 6.0 or newer.'],
  mongo_standalone: ['fault', 'Start mongod with --replSet, and run "rs.initiate()" once.'],
  mongo_single_member: ['warning', 'Add two members, so that the loss of one loses nothing.'],
  mongo_arbiter: ['warning', 'Replace the arbiter by a member that keeps data.'],
  mongo_member_down: ['warning', 'Bring the member back before another one fails.'],
  mongo_concern_ignored: ['warning', 'Remove the option from MONGO_URI: Passbook sets its own.'],
  mongo_unencrypted: ['warning', 'Add tls=true to MONGO_URI.'],
  clock_off: ['fault', 'Run NTP on this machine and on those of MongoDB.'],
  clock_behind: ['fault', 'Correct the clock: writes wait until it has passed the newest entry.'],

  mail_unreachable: ['fault', 'Correct the host and port in SMTP_URL, or open the way to it.'],
  mail_insecure: ['fault', 'Use a mail server with STARTTLS and a valid certificate, or smtps://.'],
  mail_denied: ['fault', 'Correct the user and password in SMTP_URL, or GMAIL_USER and GMAIL_PASS.'],
  mail_refused: ['fault', "Ask the mail server's administrator why it turns this machine away."],
  mails_given_up: [
    'warning',
    'Run "passbook mail list --given-up" for the reasons, and "passbook mail retry" after.',
  ],
  mails_late: ['warning', 'Start the server, or mend the mail server: then they are sent.'],

  backup_old: ['warning', 'Run "passbook backup FILE", and put it on a schedule.'],
  verify_failed: ['fault', 'Run "passbook verify" again, and restore a backup if it finds the same.'],
  verify_old: ['warning', 'Run "passbook verify", and put it on a schedule.'],
  checkpoint_old: ['warning', 'Start the server, or run "passbook checkpoint".'],
} as const satisfies Readonly<Record<string, readonly ['warning' | 'fault', string]>>;

export type FindingCode = keyof typeof FINDINGS;

export type Finding = {
  /** Name of what was checked. */
  readonly check: string;
  readonly level: 'ok' | 'warning' | 'fault';
  /** Null if it is ok. */
  readonly code: FindingCode | null;
  readonly found: string;
  /** Advice in one sentence. Null if it is ok. */
  readonly mend: string | null;
};

export function ok(check: string, found: string): Finding {
  return { check, level: 'ok', code: null, found, mend: null };
}

export function trouble(check: string, code: FindingCode, found: string): Finding {
  const [level, mend] = FINDINGS[code];
  return { check, level, code, found, mend };
}
