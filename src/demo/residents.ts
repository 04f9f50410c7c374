import { firmsOf } from './firms.ts';
import { SeededDraws } from './random.ts';

/** A person who banks here, under an invented name. Amounts are in cents. */
export type Resident = {
  readonly key: string;
  readonly name: string;
  readonly email: string;
  /** Key of the firm that pays the salary. */
  readonly employer: string;
  /** Net, each month. */
  readonly salary: number;
  /** Key of the firm. */
  readonly landlord: string;
  readonly rent: number;
  /** Key of the firm where most groceries are bought. */
  readonly grocer: string;
  readonly hasCar: boolean;
  /** Whether the person sells knitting patterns on the marketplace. */
  readonly sells: boolean;
  /** How much is spent beside the fixed costs; 1 is usual. */
  readonly liveliness: number;
};

type Told = readonly [name: string, employer: string, salary: number, rent: number];

/** The first is the main customer. */
const TOLD: readonly Told[] = [
  ['Mara Lindqvist', 'nordkap', 3_184_20, 985_00],
  ['Idris Okonkwo', 'kestrel', 3_742_55, 1_120_00],
  ['Chiara Bellandi', 'aurelia', 2_915_80, 860_00],
  ['Tomasz Wróbel', 'tidewater', 2_264_35, 695_00],
  ['Yuki Tanabe', 'kestrel', 3_418_90, 1_040_00],
  ['Amina El-Khoury', 'stadtarchiv', 2_587_10, 790_00],
  ['Dariusz Nowicki', 'tidewater', 2_198_65, 640_00],
  ['Leilani Kahale', 'aurelia', 3_056_40, 910_00],
  ['Henrik Aasgaard', 'nordkap', 4_120_75, 1_290_00],
  ['Priya Raghunathan', 'kestrel', 3_890_15, 1_180_00],
  ['Zeynep Yıldıran', 'stadtarchiv', 2_342_95, 720_00],
  ['Mateo Quispe Flores', 'nordkap', 2_768_30, 830_00],
];

const GIVEN = [
  'Aoife',
  'Bao',
  'Camille',
  'Duarte',
  'Eszter',
  'Farid',
  'Greta',
  'Hana',
  'Ilse',
  'Jomo',
  'Katya',
  'Lucía',
  'Milan',
  'Nia',
  'Oskar',
  'Petra',
  'Rasmus',
  'Sunniva',
  'Tariq',
  'Wanjiru',
];
const FAMILY = [
  'Abendroth',
  'Byrne-Walsh',
  'Castellanos',
  'Dlamini',
  'Eriksdóttir',
  'Fontaine',
  'Ghorbani',
  'Hovland',
  'Ivanchuk',
  'Jansma',
  'Kovačić',
  'Laukkanen',
  'Mbeki-Ross',
  'Nakagawa',
  "O'Dowd",
  'Papadakis',
  'Rutkowska',
  'Silveira',
  'Thorvald',
  'Venkataraman',
];

/** Largest number of people, each with a name of their own. */
export const PEOPLE_MAX = TOLD.length + GIVEN.length * FAMILY.length;

/** Returns as many people as asked for. The first ones are the same for each number and seed. */
export function residentsOf({ people, seed }: { people: number; seed: number }): readonly Resident[] {
  const draws = new SeededDraws(seed, 'residents');
  return Array.from({ length: people }, (_, index) => {
    const [name, employer, salary, rent] = TOLD[index] ?? stranger(index - TOLD.length, draws);
    return {
      key: keyOf(name),
      name,
      email: `${keyOf(name)}@people.example`,
      employer,
      salary,
      landlord: draws.pick(firmsOf('landlord')).key,
      rent,
      grocer: draws.pick(firmsOf('grocer')).key,
      hasCar: index % 3 === 0,
      sells: index === 0,
      liveliness: index === 0 ? 1.35 : 0.3 + draws.integer(0, 25) / 100,
    };
  });
}

/** A person of drawn circumstances. No two indexes have the same name. */
function stranger(index: number, draws: SeededDraws): Told {
  const given = GIVEN[index % GIVEN.length] ?? '';
  const family = FAMILY[(index + Math.floor(index / GIVEN.length)) % FAMILY.length] ?? '';
  const salary = draws.integer(2_100_00, 4_200_00);
  return [
    `${given} ${family}`,
    draws.pick(firmsOf('employer')).key,
    salary,
    Math.round(salary * 0.00031) * 1_000,
  ];
}

/** The name in the letters of an e-mail address: mara.lindqvist. */
function keyOf(name: string): string {
  return name
    .normalize('NFD')
    .replaceAll('ı', 'i')
    .toLowerCase()
    .replaceAll(/[^a-z ]/g, '')
    .replaceAll(' ', '.');
}
