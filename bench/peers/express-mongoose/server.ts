/** MONGO_URI names the database, PORT the port on this machine alone. */
import cookieParser from 'cookie-parser';
import express from 'express';
import mongoose from 'mongoose';
import { authMiddleware, authSystemUserMiddleware, login, register } from './auth.ts';
import {
  createAccount,
  createInitialFunds,
  createTransaction,
  getBalance,
  listAccounts,
} from './transactions.ts';

await mongoose.connect(process.env['MONGO_URI'] ?? '', {
  writeConcern: { w: 'majority', journal: true },
});
await Promise.all(Object.values(mongoose.models).map((model) => model.init()));

const app = express();
app.use(express.json());
app.use(cookieParser());
app.post('/api/auth/register', register);
app.post('/api/auth/login', login);
app.post('/api/accounts', authMiddleware, createAccount);
app.get('/api/accounts', authMiddleware, listAccounts);
app.get('/api/accounts/balance/:accountId', authMiddleware, getBalance);
app.post('/api/transactions', authMiddleware, createTransaction);
app.post('/api/transactions/system/initial-funds', authSystemUserMiddleware, createInitialFunds);

const server = app.listen(Number(process.env['PORT']), '127.0.0.1');
process.once('SIGTERM', () => {
  server.closeAllConnections();
  server.close();
  void mongoose.disconnect();
});
