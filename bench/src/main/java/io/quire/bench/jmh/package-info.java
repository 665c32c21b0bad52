/* SPDX-License-Identifier: Apache-2.0 */
/** JMH benchmarks of single operations, of Quire directly and of all contestants through one interface. */
package io.quire.bench.jmh;
