/* SPDX-License-Identifier: Apache-2.0 */
/** The exception tree: one root, one class for each thing a caller can do about a failure. */
package io.quire.store.errors;
