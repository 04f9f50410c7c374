export type Trade =
  | 'employer'
  | 'landlord'
  | 'grocer'
  | 'cafe'
  | 'restaurant'
  | 'energy'
  | 'telecom'
  | 'insurance'
  | 'streaming'
  | 'music'
  | 'gym'
  | 'transit'
  | 'fuel'
  | 'hotel'
  | 'hotel abroad'
  | 'car hire'
  | 'online shop'
  | 'bookshop'
  | 'pharmacy'
  | 'marketplace';

/** A firm that banks here, under an invented name. */
export type Firm = {
  readonly key: string;
  readonly name: string;
  readonly trade: Trade;
  readonly accountName: string;
  readonly currency: 'EUR' | 'USD';
};

const TRADES: readonly (readonly [
  trade: Trade,
  accountName: string,
  names: Readonly<Record<string, string>>,
])[] = [
  [
    'employer',
    'Payroll',
    {
      nordkap: 'Nordkap Instruments',
      aurelia: "Aurelia Children's Clinic",
      tidewater: 'Tidewater Logistics',
      stadtarchiv: 'Stadtarchiv Foundation',
      kestrel: 'Kestrel & Moor Software',
    },
  ],
  ['landlord', 'Rents', { elmsgate: 'Elmsgate Lettings', brueckwerk: 'Brückwerk Wohnen' }],
  [
    'grocer',
    'Tills',
    { gruenkorb: 'Grünkorb Markt', mooswinkel: 'Mooswinkel Grocers', tamarisk: 'Tamarisk Deli' },
  ],
  [
    'cafe',
    'Takings',
    { quittenbaum: 'Café Quittenbaum', paperboat: 'Paperboat Coffee', zimtstern: 'Zimtstern Bakery' },
  ],
  [
    'restaurant',
    'Takings',
    {
      otter: 'Zum Blauen Otter',
      lanternfish: 'Lanternfish Bistro',
      saffron: 'Saffron Courtyard',
      hanami: 'Hanami Noodle Bar',
    },
  ],
  ['energy', 'Customers', { windacker: 'Windacker Energy' }],
  ['telecom', 'Customers', { fernhall: 'Fernhall Telecom' }],
  ['insurance', 'Premiums', { heronsgate: 'Heronsgate Insurance' }],
  ['streaming', 'Subscriptions', { nightheron: 'Nightheron Pictures' }],
  ['music', 'Subscriptions', { tonspule: 'Tonspule Music' }],
  ['gym', 'Members', { felsgarten: 'Felsgarten Climbing Hall' }],
  ['transit', 'Tickets', { pendelbahn: 'Pendelbahn Transit' }],
  ['fuel', 'Pumps', { tankhof: 'Tankhof Nord' }],
  ['hotel', 'Guests', { seeschwalbe: 'Hotel Seeschwalbe' }],
  ['hotel abroad', 'Guests', { harbour: 'Harbor Lights Inn, New York' }],
  ['car hire', 'Hires', { wanderrad: 'Wanderrad Car Hire' }],
  ['online shop', 'Orders', { uhuwerk: 'Uhuwerk Online' }],
  ['bookshop', 'Tills', { papierboot: 'Papierboot Books' }],
  ['pharmacy', 'Tills', { sanddorn: 'Sanddorn Pharmacy' }],
  ['marketplace', 'Sellers', { maschenmarkt: 'Maschenmarkt Handmade' }],
];

export const FIRMS: readonly Firm[] = TRADES.flatMap(([trade, accountName, names]) =>
  Object.entries(names).map(
    ([key, name]): Firm => ({
      key,
      name,
      trade,
      accountName,
      currency: trade === 'hotel abroad' ? 'USD' : 'EUR',
    }),
  ),
);

export function firmsOf(trade: Trade): readonly Firm[] {
  return FIRMS.filter((firm) => firm.trade === trade);
}

/** @throws TypeError for a trade that no firm has */
export function firmOf(trade: Trade): Firm {
  const [firm] = firmsOf(trade);
  if (!firm) throw new TypeError(`No firm has the trade ${trade}`);
  return firm;
}
