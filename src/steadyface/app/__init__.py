"""The page in the browser: `controller` has its functions, `page` its layout. Importing this package is light."""
