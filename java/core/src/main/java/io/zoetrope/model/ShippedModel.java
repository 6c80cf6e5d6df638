package io.zoetrope.model;

import io.zoetrope.data.Media;

/**
 * Weights that come with the library.
 *
 * @param name  what users call them, also their folder among the resources
 * @param media what they make or know
 * @param about in a few words, what of it, such as "pictures of clothing"
 * @param data  the name of the data set they learned from
 */
public record ShippedModel(String name, Media media, String about, String data) {}
