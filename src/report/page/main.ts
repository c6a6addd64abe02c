import type { Diff } from '../diffmodel.js';
import { cards } from './cards.js';
import { unpackPage } from './codec.js';
import { type Colouring, colouring, MODE_NAMES, MODES, type Mode } from './colours.js';
import { folderDetails, ownerDetails, pathDetails } from './details.js';
import { byId, h } from './dom.js';
import { bytes, visible } from './format.js';
import { link, type Page, VIEWS, type ViewName } from './parts.js';
import { searchBox } from './searchbox.js';
import { Side } from './side.js';
import { connectTheme } from './theme.js';
import { lineage, type TreeNode } from './tree.js';
import { Treemap } from './treemap.js';
import { answersView } from './views/answers.js';
import { changesView } from './views/changes.js';
import { contentsView } from './views/contents.js';
import { exerciseView } from './views/exercise.js';
import { filesView } from './views/files.js';
import { notesView } from './views/notes.js';
import { cutsView, keptView, programsView } from './views/things.js';

const TAB_NAMES: Record<ViewName, string> = {
  changes: 'Changes',
  map: 'Map',
  contents: 'Contents',
  kept: 'Largest kept',
  cuts: 'Left out',
  programs: 'Programs',
  exercise: 'Exercise',
  answers: 'Answers',
  notes: 'Notes',
  files: 'List',
};

/** The page: what is shown, and what happens on a click. */
class App implements Page {
  side: Side;
  private view: ViewName = 'map';
  private root: TreeNode;
  private mode: Mode = 'owner';
  private colours: Colouring;
  private listed: { title: string; test: (index: number) => boolean } | undefined;
  private readonly map: Treemap;
  private readonly search: { close(): void };

  constructor(
    readonly sides: readonly Side[],
    private readonly diff: Diff | null,
  ) {
    this.side = sides.at(-1) as Side;
    this.root = this.side.tree.root;
    this.colours = colouring(this.side, this.mode);
    this.map = new Treemap({ open: (node) => this.openNode(node), zoom: (node) => this.openFolder(node) });
    this.search = searchBox(this);
    connectTheme(() => this.map.draw());
    this.makeTabs();
    this.makeModes();
    this.makeSwitch();
    byId('close').addEventListener('click', () => this.closeDetails());
    document.addEventListener('keydown', (event) => this.key(event));
    this.choose(this.side);
    if (diff) this.show('changes');
  }

  open(path: number): void {
    const node = this.side.tree.leaves[path];
    if (!node) return;
    this.search.close();
    this.details(pathDetails(this, path));
    this.map.select(node);
  }

  openFolder(node: TreeNode): void {
    this.search.close();
    this.root = node;
    if (this.view !== 'map') this.show('map');
    this.drawMap();
    this.details(folderDetails(this, node), false);
    this.map.select(undefined);
  }

  openOwner(owner: number): void {
    this.search.close();
    this.details(ownerDetails(this, owner));
    this.map.select(undefined);
  }

  list(title: string, test: (index: number) => boolean): void {
    this.listed = { title, test };
    this.show('files');
    byId('view').focus();
  }

  show(view: ViewName): void {
    this.view = view;
    for (const tab of document.querySelectorAll<HTMLElement>('[role=tab]')) {
      const own = tab.dataset.view === view;
      tab.setAttribute('aria-selected', String(own));
      tab.tabIndex = own ? 0 : -1;
      if (tab.dataset.view === 'files') tab.hidden = this.listed === undefined;
      if (own) tab.scrollIntoView({ block: 'nearest', inline: 'nearest' });
    }
    byId('map').hidden = view !== 'map';
    const panel = byId('view');
    panel.hidden = view === 'map';
    panel.setAttribute('aria-labelledby', `tab-${view}`);
    panel.replaceChildren(...(view === 'map' ? [] : [this.viewOf(view)]));
    if (view === 'map') this.drawMap();
  }

  private viewOf(view: Exclude<ViewName, 'map'>): HTMLElement {
    switch (view) {
      case 'contents':
        return contentsView(this);
      case 'kept':
        return keptView(this);
      case 'cuts':
        return cutsView(this);
      case 'programs':
        return programsView(this);
      case 'exercise':
        return exerciseView(this);
      case 'answers':
        return answersView(this);
      case 'notes':
        return notesView(this);
      case 'changes':
        return this.diff ? changesView(this, this.diff) : h('div', {});
      case 'files':
        return filesView(this, this.listed?.title ?? 'nothing', this.listed?.test ?? (() => false));
    }
  }

  private openNode(node: TreeNode): void {
    if (node.leaf >= 0) this.open(node.leaf);
    else this.details(folderDetails(this, node));
  }

  /** Shows something beside the view. On a narrow screen it covers the view. */
  private details(content: HTMLElement, focus = true): void {
    byId('details-content').replaceChildren(content);
    byId('details').classList.add('shown');
    byId('details').scrollTop = 0;
    if (focus) content.querySelector<HTMLElement>('h2')?.focus();
  }

  private closeDetails(): void {
    byId('details').classList.remove('shown');
    this.map.select(undefined);
    byId(`tab-${this.view}`).focus();
  }

  /** Shows another image. */
  private choose(side: Side): void {
    this.side = side;
    const { report } = side.data;
    document.title = visible(`${report.image.reference} – pyshrink report`);
    byId('subject').textContent = visible(report.image.reference);
    byId('cards').replaceChildren(...cards(this));
    this.root = side.tree.root;
    this.listed = undefined;
    this.colours = colouring(side, this.mode);
    this.show(this.view === 'files' ? 'map' : this.view);
    this.details(folderDetails(this, this.root), false);
    byId('details').classList.remove('shown');
  }

  private drawMap(): void {
    this.map.show(this.side, this.root, this.colours);
    const line = lineage(this.root);
    byId('crumbs').replaceChildren(
      ...line.map((node, index) =>
        h(
          'li',
          {},
          index === line.length - 1 ? h('span', { 'aria-current': 'location' }, node.name) : link(node.name, () => this.openFolder(node)),
        ),
      ),
    );
    byId('legend').replaceChildren(
      ...this.colours.categories.map(({ label, colour, bytes: size }) => {
        const swatch = h('span', { class: 'swatch', 'aria-hidden': 'true' });
        swatch.style.background = colour;
        return h('li', {}, swatch, `${label} `, h('span', { class: 'note' }, bytes(size)));
      }),
      h('li', {}, h('span', { class: 'swatch left-swatch', 'aria-hidden': 'true' }), 'left out'),
    );
  }

  private makeTabs(): void {
    const tabs = byId('tabs');
    const names = VIEWS.filter((view) => view !== 'changes' || this.diff !== null);
    if (this.diff) names.unshift(...names.splice(names.indexOf('changes'), 1));
    tabs.replaceChildren(
      ...names.map((view) =>
        h(
          'button',
          {
            type: 'button',
            role: 'tab',
            id: `tab-${view}`,
            'data-view': view,
            'aria-controls': view === 'map' ? 'map' : 'view',
            click: () => this.show(view),
          },
          TAB_NAMES[view],
        ),
      ),
    );
    tabs.addEventListener('keydown', (event) => {
      const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
      if (step === undefined) return;
      const all = [...tabs.querySelectorAll<HTMLElement>('[role=tab]:not([hidden])')];
      const next = all[(all.indexOf(document.activeElement as HTMLElement) + step + all.length) % all.length];
      next?.click();
      next?.focus();
      event.preventDefault();
    });
  }

  private makeModes(): void {
    const select = byId<HTMLSelectElement>('mode');
    select.replaceChildren(...MODES.map((mode) => h('option', { value: mode }, MODE_NAMES[mode])));
    select.addEventListener('change', () => {
      this.mode = MODES.find((mode) => mode === select.value) ?? 'owner';
      this.colours = colouring(this.side, this.mode);
      this.drawMap();
    });
  }

  /** A page of a comparison has a switch between both images. */
  private makeSwitch(): void {
    if (this.sides.length < 2) return;
    const group = byId('sides');
    group.hidden = false;
    group.append(
      ...this.sides.map((side, index) => {
        const name = 'AB'[index] ?? String(index + 1);
        const input = h('input', {
          type: 'radio',
          name: 'side',
          value: index,
          checked: side === this.side,
          change: () => this.choose(side),
        });
        return h('label', {}, input, `${name}: ${side.data.report.shrunk?.name ?? side.data.report.image.reference}`);
      }),
    );
  }

  private key(event: KeyboardEvent): void {
    const typing = event.target instanceof HTMLInputElement || event.target instanceof HTMLSelectElement;
    if (typing || event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.key === '/') byId('search').focus();
    else if (event.key === 'Escape' && byId('details').classList.contains('shown')) this.closeDetails();
    else return;
    event.preventDefault();
  }
}

/** Reads the data in the page (JSON, compressed with gzip, in Base64) and shows it. */
async function load(): Promise<App> {
  const packed = Uint8Array.from(atob(byId('data').textContent ?? ''), (one) => one.charCodeAt(0));
  const stream = new Blob([packed]).stream().pipeThrough(new DecompressionStream('gzip'));
  const { images, diff } = unpackPage(await new Response(stream).text());
  const sides = images.map((image) => new Side(image));
  byId('loading').remove();
  byId('page').hidden = false;
  return new App(sides, diff);
}

load().then(
  () => {
    // For the benchmark: when the page can be used.
    document.documentElement.dataset.ready = String(performance.now());
  },
  (error: unknown) => {
    const place = document.getElementById('loading') ?? document.body;
    place.textContent = `This report is damaged (${error instanceof Error ? error.message : String(error)}). Make it again with pyshrink report --html.`;
  },
);
