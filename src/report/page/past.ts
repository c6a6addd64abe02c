/** What was shown, for the browser's buttons "back" and "forward". It lasts as long as the page. */
export class Past<T> {
  private readonly moments: T[];
  private at = 0;

  constructor(first: T, restore: (moment: T) => void) {
    this.moments = [first];
    history.replaceState(0, '');
    addEventListener('popstate', ({ state }) => {
      const moment = typeof state === 'number' ? this.moments[state] : undefined;
      if (moment === undefined) return;
      this.at = state;
      restore(moment);
    });
  }

  /** What is shown now. What came after the moment before is forgotten, as browsers do it. */
  push(moment: T): void {
    this.at++;
    this.moments.splice(this.at, Infinity, moment);
    history.pushState(this.at, '');
  }
}
