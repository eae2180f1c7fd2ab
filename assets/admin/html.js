// The libraries that render the page; no other module imports them.
import { h, render, Fragment, createContext } from "../vendor/preact.js";
import { useState, useEffect, useRef, useMemo, useCallback, useContext, useId } from "../vendor/hooks.js";
import htm from "../vendor/htm.js";

export const html = htm.bind(h);
export {
  render,
  Fragment,
  createContext,
  useState,
  useEffect,
  useRef,
  useMemo,
  useCallback,
  useContext,
  useId,
};
