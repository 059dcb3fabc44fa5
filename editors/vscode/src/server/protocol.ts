/** What the server's own commands take and answer: server/ecto_migrations_server/lsp/commands.py. */

export const COMMANDS = {
  report: 'ectoMigrations.server.report',
  releaseReport: 'ectoMigrations.server.releaseReport',
  rehearse: 'ectoMigrations.server.rehearse',
  verdict: 'ectoMigrations.server.verdict',
  rules: 'ectoMigrations.server.rules',
  rule: 'ectoMigrations.server.rule',
  templates: 'ectoMigrations.server.templates',
  newMigration: 'ectoMigrations.server.newMigration',
} as const;

export type Classification = 'safe' | 'risky' | 'dangerous';

export interface Verdict {
  classification: Classification;
  /** The worst findings, one a line. */
  reasons: string[];
  counts: { danger: number; risk: number; info: number };
}

export interface Report {
  title: string;
  markdown: string;
}

export interface RuleTitle {
  id: string;
  level: string;
  title: string;
}

export interface TemplateTitle {
  name: string;
  title: string;
  description: string;
  /** How many migrations it makes. */
  files: number;
}

export interface NewFile {
  uri: string;
  text: string;
  /** The same with tab stops; null where several files share them. */
  snippet: string | null;
}
