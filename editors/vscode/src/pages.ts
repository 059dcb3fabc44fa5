/** Pages beside the code: Markdown of the server, rendered. */

import { randomBytes } from 'node:crypto';

import { commands, Uri, ViewColumn, window } from 'vscode';
import type { Disposable, WebviewPanel } from 'vscode';

export interface Page {
  title: string;
  markdown: string;
}

/** One panel for pages of a kind: the next page takes the place of the one before. */
export class PagePanel implements Disposable {
  private panel: WebviewPanel | undefined;
  private shown = '';

  constructor(
    private readonly viewType: string,
    private readonly extension: Uri,
    private readonly onClose: () => void = () => undefined,
  ) {}

  get isOpen(): boolean {
    return this.panel !== undefined;
  }

  /** Shows a page; `reveal` false: only where the panel is open, and without bringing it to the front. */
  async show(page: Page, reveal = true): Promise<void> {
    if (this.panel === undefined && !reveal) {
      return;
    }
    const body = await rendered(page.markdown);
    const panel = this.panel ?? this.create(page.title);
    panel.title = page.title;
    if (this.shown !== body) {
      this.shown = body;
      panel.webview.html = html(panel, this.extension, page.title, body);
    }
    if (reveal) {
      panel.reveal(undefined, true);
    }
  }

  dispose(): void {
    this.panel?.dispose();
  }

  private create(title: string): WebviewPanel {
    const media = Uri.joinPath(this.extension, 'media');
    const panel = window.createWebviewPanel(
      this.viewType,
      title,
      { viewColumn: ViewColumn.Beside, preserveFocus: true },
      { enableScripts: false, enableFindWidget: true, localResourceRoots: [media] },
    );
    panel.iconPath = Uri.joinPath(media, 'icon.svg');
    panel.onDidDispose(() => {
      this.panel = undefined;
      this.shown = '';
      this.onClose();
    });
    this.panel = panel;
    return panel;
  }
}

/** By VS Code's own Markdown; as it is, where that is switched off. Task lists are no part of it. */
async function rendered(markdown: string): Promise<string> {
  let body: string | undefined;
  try {
    body = await commands.executeCommand<string | undefined>('markdown.api.render', markdown);
  } catch {
    body = undefined;
  }
  if (typeof body !== 'string') {
    return `<pre>${escaped(markdown)}</pre>`;
  }
  return body
    .replace(/(<li[^>]*>\s*(?:<p[^>]*>)?)\[ \] /g, '$1<input type="checkbox" disabled> ')
    .replace(/(<li[^>]*>\s*(?:<p[^>]*>)?)\[[xX]\] /g, '$1<input type="checkbox" disabled checked> ');
}

function html(panel: WebviewPanel, extension: Uri, title: string, body: string): string {
  const { webview } = panel;
  const style = webview.asWebviewUri(Uri.joinPath(extension, 'media', 'page.css'));
  const nonce = randomBytes(16).toString('hex');
  const policy = `default-src 'none'; img-src ${webview.cspSource}; style-src ${webview.cspSource} 'nonce-${nonce}'`;
  return `<!DOCTYPE html>
<html lang="en">
<head>
  <meta charset="utf-8">
  <meta http-equiv="Content-Security-Policy" content="${policy}">
  <meta name="viewport" content="width=device-width, initial-scale=1">
  <link rel="stylesheet" href="${style.toString()}">
  <title>${escaped(title)}</title>
</head>
<body>
${body}
</body>
</html>`;
}

function escaped(text: string): string {
  return text.replace(/&/g, '&amp;').replace(/</g, '&lt;').replace(/>/g, '&gt;').replace(/"/g, '&quot;');
}
