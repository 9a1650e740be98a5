//! Data followed into templates: by which name, which variable, and only where it is not escaped.

use super::flows;

#[test]
fn variables_given_by_name_reach_what_is_put_out_as_it_is() {
    let app = ("app.py", "import web\nweb.render('page.html', posts=web.query['a'], title=web.query['b'])\n");
    let page = (
        "templates/page.html",
        "<h1>{{ title }}</h1>\n{% for post in posts %}\n{{ post.text|safe }}{{ post.name|e|safe }}\n{% endfor %}",
    );
    assert_eq!(flows(&[app, page]), ["templates/page.html:3 page"]);
    let other = ("templates/page.html", "{{ elsewhere|safe }}");
    assert_eq!(flows(&[app, other]), Vec::<String>::new());
}

#[test]
fn a_mapping_gives_variables_by_its_keys() {
    let app = (
        "app.js",
        "const web = require('web');\nconst view = { name: web.query.a, rest: 'x' };\nweb.render('page', view);\n",
    );
    let page = ("views/page.ejs", "<%- rest %>\n<%- name %>\n<%= name %>");
    assert_eq!(flows(&[app, page]), ["views/page.ejs:2 page"]);
    let spread = ("app.js", "const web = require('web');\nweb.render('page', { ...web.query });\n");
    assert_eq!(flows(&[spread, page]), ["views/page.ejs:1 page", "views/page.ejs:2 page"]);
}

#[test]
fn a_page_that_is_not_rendered_gets_nothing() {
    let app = ("app.js", "const web = require('web');\nweb.render('other', { name: web.query.a });\n");
    assert_eq!(flows(&[app, ("views/page.ejs", "<%- name %>")]), Vec::<String>::new());
}

#[test]
fn of_several_pages_of_a_name_the_nearest_is_meant() {
    let app = ("one/app.js", "const web = require('web');\nweb.render('page', { name: web.query.a });\n");
    let pages = [("one/views/page.ejs", "<%- name %>"), ("two/views/page.ejs", "<%- name %>")];
    assert_eq!(flows(&[app, pages[0], pages[1]]), ["one/views/page.ejs:1 page"]);
    let folder = ("one/app.js", "const web = require('web');\nweb.render('users/page', { name: web.query.a });\n");
    assert_eq!(flows(&[folder, pages[0], ("two/users/page.ejs", "<%- name %>")]), ["two/users/page.ejs:1 page"]);
}

#[test]
fn where_escaping_is_off_everything_is_put_out_as_it_is() {
    let render = "web.render('page', { name: web.query.a });\n";
    let page = ("views/page.html", "{{ name }}");
    let off = format!("const web = require('web');\nweb.setup({{ escape: false }});\n{render}");
    assert_eq!(flows(&[("app.js", &off), page]), ["views/page.html:1 page"]);
    let on = format!("const web = require('web');\nweb.setup({{ escape: true }});\n{render}");
    assert_eq!(flows(&[("app.js", &on), page]), Vec::<String>::new());
}

#[test]
fn calls_and_helpers_pass_on_what_they_are_given() {
    let app =
        ("app.js", "const web = require('web');\nweb.render('page', { text: web.query.a, rows: [web.query.b] });\n");
    let page = ("views/page.hbs", "{{{markdown text}}}\n{{#each rows}}{{{this}}}{{/each}}");
    assert_eq!(flows(&[app, page]), ["views/page.hbs:1 page", "views/page.hbs:2 page"]);
}
