// Money and coins. https://schema.ocsf.io/1.8.0/classes/api_activity
import type { Dashboard } from '../model.ts';
import { bars, cloud, count, distinct, filters, heatmap, last, note, numbers, over, row, sized, table, terms } from '../panels.ts';
import { guide, toSearch } from './notes.ts';
import { PAYMENT_PRODUCTS } from './queries.ts';
import { PAYMENTS_REFUSED } from './searches.ts';

const PAYMENTS = { from: 'api_activity', where: PAYMENT_PRODUCTS };
const CHAINS = { from: 'api_activity', where: 'metadata.product.name:(Bitcoin OR Ethereum)' };
const EXCHANGES = { from: 'api_activity', where: 'metadata.product.name:(Binance OR Coinbase OR Kraken)' };
const CARDS = { from: 'api_activity', where: 'metadata.product.name:("Card system" OR Adyen OR Stripe)' };
const REFUSED = { from: 'api_activity', where: `${PAYMENT_PRODUCTS} AND status_id:2` };

export const PAYMENTS_AND_CHAINS: Dashboard = {
  name: 'payments',
  title: 'Payments and chains',
  description:
    'Card systems, processors, the payment network, exchanges and chains: what is moved, what is refused, which addresses and accounts.',
  since: 'now-24h',
  rows: [
    sized(
      8,
      [
        28,
        note(
          'What to look for',
          guide(
            'payments',
            `- Refusals that rise, or of one kind: ${toSearch(PAYMENTS_REFUSED.name, 'what failed')}. Many small ones are card testing.`,
            '- An address or account that many pay to: *Addresses and accounts*; filter on it. Numbers of cards and accounts are pseudonyms, the same for the same number.',
            '- Withdrawals and new keys at an exchange: *Operations at exchanges*.',
          ),
        ),
      ],
      [20, numbers('Operations', PAYMENTS, [count()], filters({ All: '*', Done: 'status_id:1', Refused: 'status_id:2' }))],
    ),
    row(
      over('area', 'Operations over time', PAYMENTS, terms('metadata.product.name', 'System', 10)),
      bars('Outcome by system', PAYMENTS, [terms('metadata.product.name', 'System', 10), terms('status_id', 'Outcome', 5)]),
    ),
    row(
      heatmap('Systems and operations', PAYMENTS, [terms('api.operation', 'Operation', 20), terms('metadata.product.name', 'System', 10)]),
      table(
        'Refused',
        REFUSED,
        [terms('metadata.product.name', 'System'), terms('api.operation', 'Operation', 5)],
        [count('Refused'), last()],
      ),
    ),
    row(
      table(
        'Addresses and accounts',
        PAYMENTS,
        [terms('observables.value', 'Address or account', 20)],
        [count(), distinct('metadata.product.name', 'Systems'), last()],
      ),
      table('Payers and users', PAYMENTS, [terms('actor.user.uid', 'User')], [count(), distinct('api.operation', 'Operations'), last()]),
      table(
        'Operations of cards',
        CARDS,
        [terms('metadata.product.name', 'System', 5), terms('api.operation', 'Operation')],
        [count(), last()],
      ),
    ),
    row(
      table('Operations on chains', CHAINS, [
        terms('metadata.product.name', 'Chain', 5),
        terms('api.operation', 'Operation'),
        terms('status_id', 'Outcome', 3),
      ]),
      table(
        'Operations at exchanges',
        EXCHANGES,
        [terms('metadata.product.name', 'Exchange', 5), terms('api.operation', 'Operation')],
        [count(), last()],
      ),
      cloud('What the systems call it', PAYMENTS, terms('metadata.event_code', 'Code', 40)),
    ),
    row(PAYMENTS_REFUSED),
  ],
};
