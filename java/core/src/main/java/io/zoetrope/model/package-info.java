/** Floor 7: the networks. */
package io.zoetrope.model;
