import { compare } from 'bcryptjs';
import type { NextFunction, Request, Response } from 'express';
import jwt from 'jsonwebtoken';
import { UserModel } from './models.ts';
import type { UserDocument } from './models.ts';

const JWT_SECRET = process.env['JWT_SECRET'] ?? 'for this machine alone';

export type Credentials = { name?: string; email?: string; password?: string };

export async function register(req: Request<object, object, Credentials>, res: Response): Promise<void> {
  const { email, password, name } = req.body;
  if (!email || !password || !name) {
    res.status(400).json({ message: 'name, email and password are required' });
    return;
  }
  if (await UserModel.findOne({ email })) {
    res.status(422).json({ message: 'User already exists with email' });
    return;
  }
  const user = await UserModel.create({ email, password, name });
  signIn(res.status(201), user);
  await sendEmail(user, 'Welcome');
}

export async function login(req: Request<object, object, Credentials>, res: Response): Promise<void> {
  const { email, password } = req.body;
  const user = await UserModel.findOne({ email: String(email) }).select('+password');
  if (!user || !(await compare(String(password), user.password))) {
    res.status(401).json({ message: 'Email or password is invalid' });
    return;
  }
  signIn(res.status(200), user);
}

function signIn(res: Response, user: UserDocument): void {
  const token = jwt.sign({ userId: user._id }, JWT_SECRET, { expiresIn: '3d' });
  res.cookie('token', token, { httpOnly: true });
  res.json({ user: { _id: user._id, email: user.email, name: user.name }, token });
}

export async function authMiddleware(req: Request, res: Response, next: NextFunction): Promise<void> {
  const user = await signedIn(req);
  if (!user) {
    res.status(401).json({ message: 'Unauthorized access, token is missing or invalid' });
    return;
  }
  res.locals['user'] = user;
  next();
}

export async function authSystemUserMiddleware(
  req: Request,
  res: Response,
  next: NextFunction,
): Promise<void> {
  const user = await signedIn(req);
  if (!user?.systemUser) {
    res.status(user ? 403 : 401).json({ message: 'Forbidden access, not a system user' });
    return;
  }
  res.locals['user'] = user;
  next();
}

async function signedIn(req: Request): Promise<UserDocument | null> {
  const cookies = req.cookies as Record<string, string | undefined>;
  const token = cookies['token'] ?? req.headers.authorization?.split(' ')[1];
  if (!token) return null;
  try {
    const decoded = jwt.verify(token, JWT_SECRET) as jwt.JwtPayload;
    return await UserModel.findById(decoded['userId']).select('+systemUser');
  } catch {
    return null;
  }
}

/** Where the tutorials wait for Nodemailer. */
export async function sendEmail(_user: UserDocument, _subject: string): Promise<void> {}
