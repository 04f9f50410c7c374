// Run by mongosh beside the first member. Makes a replica set and its two users, or finds them and changes nothing.
const { MONGO_MEMBERS, MONGO_ROOT_PASSWORD, MONGO_PASSBOOK_PASSWORD } = process.env;
if (!MONGO_MEMBERS || !MONGO_ROOT_PASSWORD || !MONGO_PASSBOOK_PASSWORD) {
  throw new Error('MONGO_MEMBERS, MONGO_ROOT_PASSWORD and MONGO_PASSBOOK_PASSWORD are required');
}

const members = MONGO_MEMBERS.split(',');
const port = members[0].split(':')[1];
// Until the first user exists, MongoDB lets a local client do what follows
const first = connect(`mongodb://127.0.0.1:${port}/admin?directConnection=true`);

if (!first.hello().setName) {
  first.adminCommand({
    replSetInitiate: {
      _id: 'passbook',
      // The first member wins the election: only a local client of the primary can make the first user
      members: members.map((host, index) => ({ _id: index, host, priority: index === 0 ? 2 : 1 })),
    },
  });
}
while (!first.hello().primary) sleep(500);

if (!hasRoot()) {
  while (!first.hello().isWritablePrimary) sleep(500);
  first.createUser({ user: 'root', pwd: MONGO_ROOT_PASSWORD, roles: ['root'] });
}

const login = `root:${encodeURIComponent(MONGO_ROOT_PASSWORD)}`;
const admin = connect(`mongodb://${login}@${members.join(',')}/admin?replicaSet=passbook`);
const bank = admin.getSiblingDB('passbook');
if (!bank.getUser('passbook')) {
  bank.createUser({
    user: 'passbook',
    pwd: MONGO_PASSBOOK_PASSWORD,
    roles: [
      { role: 'readWrite', db: 'passbook' },
      { role: 'dbAdmin', db: 'passbook' },
    ],
  });
}
print('The replica set passbook is ready');

/** Whether the user root exists: then its password signs in, and strangers may do nothing. */
function hasRoot() {
  try {
    return first.auth('root', MONGO_ROOT_PASSWORD).ok === 1;
  } catch (error) {
    if (error.code === 18) return false;
    throw error;
  }
}
